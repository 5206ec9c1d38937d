/** The records that a real Asterisk wrote of the recorded scenarios: the `Cdr` events within `test/captures`. */
import { packetsOf, readCaptures } from "../../../test/capture-files.ts";
import { extensionOf, isPhone } from "../../pbx/endpoint.ts";
import { profiles } from "../../pbx/profiles.ts";
import { readAsteriskRecord } from "../asterisk-row.ts";
import type { CdrRow } from "../cdr-row.ts";
import { LocalTime } from "../local-time.ts";
import type { RowReader } from "../to-call.ts";

export const reader: RowReader = {
  isPhone,
  extensionOf: (channel) => extensionOf(channel, profiles.asterisk),
  recordingOf: (row) => row.recording,
};

export interface Recorded {
  readonly name: string;
  readonly streams: readonly Uint8Array[];
  readonly rows: readonly CdrRow[];
}

/** What records cannot tell, by scenario: there the difference is kept for a person to see. */
const CANNOT_TELL: Readonly<Record<string, string>> = {
  "o23-announced-to-the-agent": "that an agent who answers listens to an announcement first",
  "o31-blonde-refer-declined":
    "that a client took the place of the employee's second line: his last row names no channel and no linkedid of that",
  "p07-blonde-rings-out-and-201-declines-the-recall":
    "that the client waited with nobody since who handed him over had left: one row goes on to the end",
  "o59-two-gaps": "what ended in the gap: its records went by unseen with it",
};

/** Those whose records tell them whole: the AMI user of the `m…` and `q…` recordings saw no records. */
export function recorded(): Recorded[] {
  const time = new LocalTime("UTC");
  return readCaptures()
    .map(({ name, streams }) => ({
      name,
      streams,
      rows: streams
        .flatMap(packetsOf)
        .filter((packet) => packet.get("Event") === "Cdr")
        .map((packet, at) =>
          readAsteriskRecord(
            {
              start: packet.get("StartTime") ?? null,
              answer: packet.get("AnswerTime") ?? null,
              end: packet.get("EndTime") ?? null,
              src: packet.get("Source") ?? null,
              dst: packet.get("Destination") ?? null,
              channel: packet.get("Channel") ?? null,
              dstchannel: packet.get("DestinationChannel") ?? null,
              lastapp: packet.get("LastApplication") ?? null,
              lastdata: packet.get("LastData") ?? null,
              disposition: packet.get("Disposition") ?? null,
              uniqueid: packet.get("UniqueID") ?? null,
              linkedid: packet.get("linkedid") ?? null,
              did: packet.get("did") ?? null,
              recordingfile: packet.get("recordingfile") ?? null,
            },
            String(at),
            time,
          ),
        ),
    }))
    .filter(({ name, rows }) => rows.length > 0 && CANNOT_TELL[name] === undefined);
}
