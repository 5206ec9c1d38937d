/** `script/capture`: records an AMI stream into a file, with people's numbers and names masked. */
import { createWriteStream, readFileSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import type { AmiError } from "../ami/ami-error.ts";
import { AmiSession, type AmiState } from "../ami/session.ts";
import { systemClock } from "../lib/clock.ts";
import { CaptureMask } from "./mask.ts";

interface Options {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secretFile: string;
  readonly events: string;
  readonly fingerprint?: string;
  readonly seconds?: number;
  readonly keep: readonly string[];
}

const program = new Command("script/capture")
  .argument("<file>", "where to write the stream; it must not exist")
  .option("--host <name>", "the PBX", "127.0.0.1")
  .option("--port <number>", "its AMI port", wholeNumber, 5038)
  .requiredOption("--username <name>", "the AMI user")
  .requiredOption("--secret-file <file>", "the file that holds his password and nothing else")
  .option("--events <classes>", "what to ask the PBX for, as call,user or on", "on")
  .option("--fingerprint <sha256>", "talk TLS, to the certificate with this fingerprint")
  .option("--seconds <number>", "how long to record (default: until Ctrl+C)", wholeNumber)
  .option("--keep <numbers>", "numbers that need no mask, as 74950003344,74950003345", commaList, [])
  .action(record);

async function record(file: string, options: Options): Promise<void> {
  const secret = readSecret(options.secretFile);
  const mask = new CaptureMask(options.keep);
  const output = createWriteStream(file, { flags: "wx" });
  output.on("error", (error) => program.error(`cannot write ${file}: ${error.message}`));
  await using session = new AmiSession({
    host: options.host,
    port: options.port,
    ...(options.fingerprint === undefined ? {} : { tls: { fingerprint256: options.fingerprint } }),
    username: options.username,
    secret,
    eventMask: options.events,
    kinds: "all",
    clock: systemClock,
  });
  let untimed = 0;
  session.onPacket((event) => {
    if (event.get("Timestamp") === undefined) untimed++;
    if (output.write(`${mask.apply(event.toString())}\r\n\r\n`)) return;
    const pause = session.pause();
    output.once("drain", () => pause[Symbol.dispose]());
  });
  session.onState(tellState);
  session.onRefused((error) => tell(`left out: ${error.message}`));
  session.start();
  await untilTold(options.seconds, session);
  output.end();
  tell(
    `${session.counters.deliveredEvents} events, ${mask.maskedNumbers} numbers masked; look through ${file} before you pass it on`,
  );
  if (untimed > 0)
    tell(`${untimed} events have no time: set timestampevents=yes in manager.conf, or the story cannot be told`);
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    return program.error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Resolves after the time, at Ctrl+C, or when a person must first repair something. */
function untilTold(seconds: number | undefined, session: AmiSession): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000);
    session.onState((state) => {
      if (state.state !== "down" || state.error.remedy === "wait") return;
      process.exitCode = 1;
      resolve();
    });
  });
}

function tellState(state: AmiState): void {
  if (state.state === "down") tell(whatIsWrong(state.error));
  if (state.state !== "up") return;
  tell(state.missedSince === null ? "recording; Ctrl+C ends it" : "recording again; there is a gap in the file");
}

function whatIsWrong(error: AmiError): string {
  return error.remedy === "wait" ? `${error.message}; trying again` : error.message;
}

/** On standard error: the capture may be written to a pipe. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("want a whole number");
  return Number(text);
}

function commaList(list: string): string[] {
  return list.split(",").filter((each) => each !== "");
}

await program.parseAsync();
