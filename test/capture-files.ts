/** The recorded AMI streams of `test/captures/`, as packets. */
import { globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { AmiPacket } from "../src/ami/packet.ts";
import { PacketSplitter } from "../src/ami/splitter.ts";

const folder = join(import.meta.dirname, "captures");

export interface Capture {
  /** Name of its folder. */
  readonly name: string;
  readonly folder: string;
  /** One stream for each connection: after the first, there was a gap before it. */
  readonly streams: readonly Uint8Array[];
}

/** All captures but the load, which takes seconds to read. */
export function readCaptures(): Capture[] {
  const files = globSync("*/ami*.log{,.gz}", { cwd: folder }).filter((file) => dirname(file) !== "load");
  const byFolder = Map.groupBy(files.sort(), dirname);
  return [...byFolder].map(([name, streams]) => ({
    name: basename(name),
    folder: join(folder, name),
    streams: streams.map((file) => readStream(join(folder, file))),
  }));
}

/** 60 s of 25 calls a second. */
export function readLoad(): Uint8Array {
  return readStream(join(folder, "load", "ami.log.gz"));
}

export function packetsOf(stream: Uint8Array): AmiPacket[] {
  return new PacketSplitter().push(stream);
}

function readStream(file: string): Uint8Array {
  const bytes = readFileSync(file);
  return file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}
