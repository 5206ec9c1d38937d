/** A record as Asterisk itself writes it, in whatever it is kept, read into a `CdrRow`. */
import { CdrError } from "./cdr-error.ts";
import type { CdrOutcome, CdrRow } from "./cdr-row.ts";
import { birthOf, type LocalTime } from "./local-time.ts";

/** What we read of a record, under Asterisk's own names (`CDR(…)`); `did` and `recordingfile` are FreePBX's and MikoPBX's. */
export const ASTERISK_FIELDS = [
  "start",
  "answer",
  "end",
  "duration",
  "billsec",
  "src",
  "dst",
  "channel",
  "dstchannel",
  "lastapp",
  "lastdata",
  "disposition",
  "uniqueid",
  "linkedid",
  "did",
  "recordingfile",
] as const;

export type AsteriskField = (typeof ASTERISK_FIELDS)[number];

/** Without these a record tells no call. */
export const NEEDED_FIELDS = ["start", "src", "dst", "channel", "dstchannel", "disposition", "uniqueid"] as const;

/** A field that the place has no column for is absent. */
export type AsteriskRecord = Readonly<Partial<Record<AsteriskField, string | null>>>;

const OUTCOME: Readonly<Record<string, CdrOutcome>> = {
  ANSWERED: "answered",
  "NO ANSWER": "no-answer",
  NOANSWER: "no-answer",
  BUSY: "busy",
  FAILED: "failed",
  CONGESTION: "failed",
  CHANUNAVAIL: "failed",
  CANCEL: "cancelled",
};

/** @throws CdrError `cdr/unreadable` when it is no record; the text of the record is not in the message */
export function readAsteriskRecord(record: AsteriskRecord, mark: string, time: LocalTime): CdrRow {
  const texts = textsOf(record);
  const { uniqueid, channel } = texts;
  if (uniqueid === "" || channel === "") throw new CdrError("cdr/unreadable", "a record has no uniqueid or no channel");
  const startedAt = moment(record.start, time, birthOf(uniqueid));
  if (startedAt === null) throw new CdrError("cdr/unreadable", `the record ${uniqueid} has no time of its start`);
  const outcome = OUTCOME[texts.disposition.toUpperCase()] ?? "failed";
  const told = moment(record.end, time, startedAt);
  const endedAt = told ?? startedAt + secondsOf(record.duration) * 1000;
  const answer = moment(record.answer, time, startedAt) ?? endedAt - secondsOf(record.billsec) * 1000;
  return {
    mark,
    uniqueid,
    linkedid: texts.linkedid || null,
    startedAt,
    answeredAt: outcome === "answered" ? answer : null,
    endedAt,
    from: texts.src,
    to: texts.dst,
    channel,
    dstChannel: texts.dstchannel,
    outcome,
    did: texts.did || null,
    // The queue's name is what Queue() was called with; without that column, the extension it was called from.
    queue: texts.lastapp === "Queue" ? (texts.lastdata || texts.dst).split(",")[0] || null : null,
    recording: texts.recordingfile || null,
    attempt: null,
    isApp: false,
  };
}

function textsOf(record: AsteriskRecord): Readonly<Record<AsteriskField, string>> {
  // Each field of the list is there afterwards.
  return Object.fromEntries(ASTERISK_FIELDS.map((field) => [field, (record[field] ?? "").trim()])) as Record<
    AsteriskField,
    string
  >;
}

/** A time that is not there is written as nothing, or as zeros (MySQL). */
function moment(text: string | null | undefined, time: LocalTime, notBefore: number | undefined): number | null {
  if (!text || text.startsWith("0000")) return null;
  return time.toEpoch(text, notBefore);
}

function secondsOf(text: string | null | undefined): number {
  const seconds = Number(text ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : 0;
}
