/** Which part of the project may import which: the table, and how files are held against it. */
import { dirname, join } from "node:path";

/** Folder of src/ → the folders it may import besides its own. ARCHITECTURE.md prints the same table. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  directory: ["lib"],
  ami: ["lib"],
  calls: ["lib"],
  pbx: ["ami", "calls", "lib"],
  clients: ["lib"],
  rules: ["calls", "clients", "directory", "lib"],
  outbox: ["calls", "clients", "rules", "lib"],
  amocrm: ["clients", "outbox", "rules", "lib"],
  recordings: ["calls", "lib"],
  cdr: ["calls", "lib"],
  control: ["calls", "directory", "lib"],
  interception: ["calls", "clients", "control", "directory", "lib"],
  panel: ["calls", "clients", "control", "directory", "lib"],
  api: ["calls", "control", "directory", "panel", "lib"],
  webhooks: ["calls", "clients", "directory", "lib"],
  store: ["api", "calls", "cdr", "clients", "control", "outbox", "recordings", "webhooks", "lib"],
  http: ["lib"],
  widget: ["lib"],
  capture: ["ami", "lib"],
  replay: ["ami", "calls", "pbx", "lib"],
  config: ["amocrm", "cdr", "recordings", "rules", "webhooks", "lib"],
};

/** Puts the parts together: may import all of them, and none of them it. */
export const ASSEMBLY = "assembly";

/** One file of ours: its path from the project's root, with slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

interface Import {
  /** Path of the imported file from the project's root. */
  readonly to: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** The panel's side of the WebSocket takes its types from here, and nothing else of src/. */
const PANEL_PROTOCOL = "src/panel/protocol.ts";

/** What breaks the rules, one sentence an import. Tests, and what only they use, may import anything. */
export function forbiddenImports(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => !isForTests(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => !isAllowed(file.path, imported))
        .map(({ to }) => `${file.path} must not import ${to}`),
    );
}

function isAllowed(from: string, { to, typeOnly }: Import): boolean {
  if (isForTests(to)) return topOf(from) === "test";
  switch (topOf(from)) {
    case "src":
      return topOf(to) === "src" && isAllowedWithinSrc(from, to);
    case "emulators":
      return topOf(to) === "emulators" && folderOf(to) === folderOf(from);
    case "web":
      return topOf(to) === "web" || (to === PANEL_PROTOCOL && typeOnly);
    default:
      return true;
  }
}

/** Files that lie directly in src/ may import everything in it; no folder may import those. */
function isAllowedWithinSrc(from: string, to: string): boolean {
  const [importer, imported] = [folderOf(from), folderOf(to)];
  if (importer === undefined || importer === imported) return true;
  if (importer === ASSEMBLY) return imported !== undefined;
  return imported !== undefined && (MAY_IMPORT[importer]?.includes(imported) ?? false);
}

function isForTests(path: string): boolean {
  return topOf(path) === "test" || /\.(test|testing)\.tsx?$|\/testing\//.test(path);
}

function topOf(path: string): string | undefined {
  return path.split("/")[0];
}

/** `src/ami/packet.ts` → `ami`; undefined for a file that lies directly in src/. */
export function folderOf(path: string): string | undefined {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : undefined;
}

function importsOf({ path, text }: SourceFile): Import[] {
  const stated = text.matchAll(/^(?:import|export)( type)?(?: [\w$*{},\s]+ from)? ["'](\.[^"']+)["']/gm);
  const loaded = text.matchAll(/\bimport\(["'](\.[^"']+)["']\)/g);
  return [
    ...[...stated].map(([, type, to = ""]) => ({ to: resolve(path, to), typeOnly: type !== undefined })),
    ...[...loaded].map(([, to = ""]) => ({ to: resolve(path, to), typeOnly: false })),
  ];
}

function resolve(importer: string, specifier: string): string {
  return join(dirname(importer), specifier).replaceAll("\\", "/");
}
