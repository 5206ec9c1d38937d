/**
 * Exits with 0 when node_modules holds what package-lock.json names, else with 1. npm itself keeps a lockfile of what it
 * has installed; comparing the two takes some 50 ms where `npm ci` takes ten seconds.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Lockfile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}

const root = join(import.meta.dirname, "..");

function read(file: string): Lockfile {
  return JSON.parse(readFileSync(join(root, file), "utf8"));
}

function match(): boolean {
  if (!existsSync(join(root, "node_modules/.package-lock.json"))) return false;
  const wanted = read("package-lock.json").packages;
  const installed = read("node_modules/.package-lock.json").packages;
  // "" is the project itself; an optional package may be one for another kind of machine
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const there = installed[path];
    return path === "" || (there ? there.version === version : optional === true);
  });
}

process.exitCode = match() ? 0 : 1;
