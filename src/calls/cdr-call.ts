/** One call as the PBX's own records (CDR) tell it, and what a call becomes that we saw in part or not at all. Pure. */
import type { Call, Disposition, RecordingRef } from "./call.ts";

/**
 * What is read out of the records of one call, whole. Times are as fine as the PBX writes them: mostly whole seconds.
 * Transfers and who hung up are not in it: records do not tell them.
 */
export interface CdrCall
  extends Pick<
    Call,
    | "direction"
    | "client"
    | "did"
    | "queue"
    | "startedAt"
    | "answeredAt"
    | "ringSeconds"
    | "talkSeconds"
    | "employees"
    | "recordings"
  > {
  /** The first one makes the call's id when nobody saw the call. */
  readonly linkedids: readonly string[];
  readonly endedAt: number;
  readonly disposition: Disposition;
}

/**
 * A call with what the records know better. Of one that we saw in part that is nearly all; of one that we saw whole
 * only the recordings that nobody announced.
 */
export function completedBy(seen: Call, told: CdrCall): Call {
  const linkedids = [...new Set([...seen.linkedids, ...told.linkedids])];
  const recordings = withAll(seen.recordings, told.recordings);
  if (!seen.partial) return { ...seen, linkedids, recordings };
  return {
    ...seen,
    ...told,
    did: told.did ?? seen.did,
    queue: seen.queue ?? told.queue,
    client: told.client ?? seen.client,
    linkedids,
    recordings,
  };
}

/** The files of `told` that `known` has not. The same sound may be named with another extension, or without its folder. */
export function unknownRecordings(
  known: readonly RecordingRef[],
  told: readonly RecordingRef[],
): readonly RecordingRef[] {
  const names = new Set(known.map(({ file }) => bareName(file)));
  return told.filter(({ file }) => !names.has(bareName(file)));
}

function withAll(known: readonly RecordingRef[], told: readonly RecordingRef[]): readonly RecordingRef[] {
  const unknown = unknownRecordings(known, told);
  return unknown.length === 0 ? known : [...known, ...unknown].sort((one, two) => one.startedAt - two.startedAt);
}

function bareName(file: string): string {
  return (file.split("/").at(-1) ?? file).replace(/\.[A-Za-z0-9]{1,5}$/, "");
}
