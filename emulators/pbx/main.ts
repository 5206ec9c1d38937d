#!/usr/bin/env node
// The practice PBX as a program of its own: an AMI on TCP and a page of desk phones.
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_USER, type ProfileStyle, startPbx } from "./pbx.ts";

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError("want an integer from 0 to 65535");
  return value;
}

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError("want a number, 0 or more");
  return value;
}

interface Options {
  readonly port: number;
  readonly httpPort: number;
  readonly host: string;
  readonly style: ProfileStyle;
  readonly monitorDir: string;
  readonly user: string;
  readonly secret: string;
  readonly pace: number;
  readonly answerAfter?: number;
  readonly clientsAnswerAfter?: number;
}

const program = new Command("emulator pbx")
  .description(
    "A practice PBX: speaks AMI on TCP and shows a page of desk phones. A test tool; no real telephone is behind it.",
  )
  .option("-p, --port <port>", "TCP port of the AMI (0 = any free one)", port, 5038)
  .option("--http-port <port>", "port of the page and the JSON side door (0 = any free one)", port, 5039)
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .addOption(new Option("--style <style>", "whose way of speaking").choices(["mikopbx", "asterisk"]).default("mikopbx"))
  .option("--monitor-dir <dir>", "where recordings are written", join(tmpdir(), "practice-pbx", "monitor"))
  .option("--user <name>", "AMI user", DEFAULT_USER.username)
  .option("--secret <secret>", "AMI secret", DEFAULT_USER.secret)
  .option("--pace <factor>", "factor on the PBX's own delays (1 = as a real one)", positive, 1)
  .option("--answer-after <ms>", "every phone answers by itself after that many ms", positive)
  .option("--clients-answer-after <ms>", "every outside number answers after that many ms", positive);

program.parse();
const options = program.opts<Options>();

try {
  const pbx = await startPbx({
    style: options.style,
    amiPort: options.port,
    httpPort: options.httpPort,
    host: options.host,
    monitorDir: resolve(options.monitorDir),
    users: [{ ...DEFAULT_USER, username: options.user, secret: options.secret }],
    pace: options.pace,
  });
  if (options.answerAfter !== undefined)
    for (const { extension } of pbx.state.phones) pbx.phone(extension).setAnswerAfter(options.answerAfter);
  if (options.clientsAnswerAfter !== undefined) pbx.planByDefault({ answerAfterMs: options.clientsAnswerAfter });
  console.log(
    `practice PBX (${options.style}): AMI ${options.host}:${pbx.amiPort}, phones http://${options.host}:${pbx.httpPort}/`,
  );
  const stop = (): void => void pbx[Symbol.asyncDispose]();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason =
    code === "EADDRINUSE" ? `the port is in use: choose another with --port or --http-port (${message})` : message;
  console.error(`the practice PBX could not start: ${reason}`);
  process.exitCode = 1;
}
