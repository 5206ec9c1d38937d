/** One look for the parts of a recording: found at whichever source has them, brought here, joined to one mp3. */
import { rm } from "node:fs/promises";
import type { Mp3Maker } from "./mp3-maker.ts";
import type { LostReason, Mp3, WaitReason } from "./recording.ts";
import type { FoundPart, RecordingSource, SoughtPart } from "./source.ts";

export type Gathered =
  /** `missing`: parts that are nowhere; `cut`: parts of which the end is. */
  | { readonly state: "made"; readonly mp3: Mp3; readonly missing: number; readonly cut: number }
  | { readonly state: "silent" }
  | { readonly state: "refused"; readonly reason: LostReason }
  | { readonly state: "waits"; readonly reason: WaitReason };

export interface GatherOptions {
  /** The nearest first. */
  readonly sources: readonly RecordingSource[];
  readonly mp3: Pick<Mp3Maker, "make">;
  readonly directory: string;
  /** How long ago the call has ended, ms. */
  readonly ageMs: number;
  /** Nobody waits any longer: parts that have come are better than none. */
  readonly isLastLook: boolean;
  /** Told the signs of all parts, says whether they were the same at the last look. */
  readonly isQuiet: (signs: string) => boolean;
}

interface Located {
  readonly source: RecordingSource;
  readonly found: FoundPart;
}

/**
 * @param name of the mp3 in the directory
 * @throws SourceError, or the file system's error when the mp3 cannot be written
 */
export async function gather(name: string, parts: readonly SoughtPart[], options: GatherOptions): Promise<Gathered> {
  /** Sources whose copy of a part nobody here can read, by the part's position. */
  const useless = new Map<number, Set<RecordingSource>>();
  let unread: "unreadable" | "no-decoder" | null = null;
  for (;;) {
    const located: (Located | "absent")[] = [];
    for (const [at, part] of parts.entries()) {
      const place = await locate(part, options, useless.get(at) ?? new Set());
      if (typeof place === "object" && "refused" in place) return { state: "refused", reason: place.refused };
      located.push(place);
    }
    const here = located.flatMap((place, at) => (place === "absent" ? [] : [{ ...place, at }]));
    const missing = parts.length - here.length;
    if (here.length === 0 || (missing > 0 && !options.isLastLook))
      return { state: "waits", reason: unread ?? "not-found" };
    if (unread === null && !options.isQuiet(here.map(({ found }) => found.sign).join("\n")))
      return { state: "waits", reason: "being-written" };
    const made = await bringAndMake(name, here, options);
    if ("refused" in made) return { state: "refused", reason: made.refused };
    if (made.state === "made") {
      const { bytes, seconds, cut } = made;
      return { state: "made", mp3: { file: name, bytes, seconds }, missing, cut };
    }
    if (made.state === "silent") return { state: "silent" };
    if (made.reason === "not-found") return { state: "waits", reason: "being-written" }; // the PBX has just converted it
    unread = made.reason;
    const failed = here[made.part];
    if (failed === undefined) throw new RangeError(`no part ${made.part}`);
    // Another source may have it in another form: MikoPBX itself gives mp3 of what lies there as webm.
    useless.set(failed.at, (useless.get(failed.at) ?? new Set()).add(failed.source));
  }
}

async function locate(
  part: SoughtPart,
  { sources, ageMs }: GatherOptions,
  useless: ReadonlySet<RecordingSource>,
): Promise<Located | "absent" | { readonly refused: LostReason }> {
  let refused: { readonly refused: LostReason } | undefined;
  let trouble: { readonly error: unknown } | undefined;
  for (const source of sources) {
    if (useless.has(source) || ageMs < source.soonestMs) continue;
    try {
      const found = await source.find(part);
      if (found === "absent") continue;
      if (!("refused" in found)) return { source, found };
      refused ??= found;
    } catch (error) {
      trouble ??= { error }; // the next source may have it
    }
  }
  if (trouble !== undefined) throw trouble.error;
  return refused ?? "absent";
}

async function bringAndMake(
  name: string,
  here: readonly Located[],
  { mp3, directory }: GatherOptions,
): Promise<Awaited<ReturnType<Mp3Maker["make"]>> | { readonly refused: LostReason }> {
  const fetched: string[] = [];
  const files: string[] = [];
  try {
    for (const [at, { found }] of here.entries()) {
      const into = `${directory}/${name}.${at}.fetched`;
      fetched.push(into);
      const got = await found.fetch(into);
      if (got === "absent") return { state: "failed", reason: "not-found", part: at };
      if ("refused" in got) return got;
      files.push(got.file);
    }
    return await mp3.make(files, `${directory}/${name}`);
  } finally {
    await Promise.all(fetched.map((file) => rm(file, { force: true })));
  }
}
