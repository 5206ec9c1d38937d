/** `script/replay`: prints the story that recorded AMI streams tell. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { Command, InvalidArgumentError, Option } from "commander";
import { type ProfileName, profiles } from "../pbx/profiles.ts";
import { Replay } from "./replay.ts";
import { toJson, toStory } from "./report.ts";

interface Options {
  readonly json: boolean;
  readonly panels: readonly string[];
  readonly profile: ProfileName;
  readonly extensions?: RegExp;
}

const program = new Command("script/replay")
  .argument("<file...>", "raw AMI streams (.gz too); several are successive connections to one PBX, with gaps between")
  .option("--json", "print one JSON document and nothing else", false)
  .option("--panels <list>", "extensions whose panels to draw, as 201,202", extensionList, [])
  .addOption(new Option("--profile <name>", "kind of PBX").choices(Object.keys(profiles)).default("asterisk"))
  .option("--extensions <regex>", "endpoints that are extensions (default: 2 to 5 digits)", pattern)
  .action((files: string[], options: Options) => {
    const endpointToExtension = options.extensions ?? profiles[options.profile].endpointToExtension;
    const replay = new Replay({
      profile: { ...profiles[options.profile], endpointToExtension },
      panels: options.panels,
    });
    for (const file of files) {
      const bytes = read(file);
      if (replay.feed(bytes) === 0 && bytes.length > 0)
        program.error(`${file} holds no AMI packet: is it a raw stream?`);
    }
    const told = replay.told();
    process.stdout.write(options.json ? `${JSON.stringify(toJson(told))}\n` : `${toStory(told)}\n`);
  });

/** What a compressed file begins with, whatever its name. */
const GZIP = [0x1f, 0x8b];

function extensionList(list: string): string[] {
  return list.split(",").filter((extension) => extension !== "");
}

/** A regular expression for whole endpoint names; its first group, or all of it, is the extension. */
function pattern(source: string): RegExp {
  try {
    const groups = new RegExp(`${source}|`).exec("")?.length ?? 1;
    return new RegExp(groups > 1 ? `^(?:${source})$` : `^(${source})$`);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function read(file: string): Uint8Array {
  try {
    const bytes = readFileSync(file);
    return GZIP.every((byte, index) => bytes[index] === byte) ? gunzipSync(bytes) : bytes;
  } catch (error) {
    return program.error(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads has seen enough.
  if (error.code === "EPIPE") process.exit(0);
  program.error(`cannot write the story: ${error.message}`);
});
program.parse();
