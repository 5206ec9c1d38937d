/** What a replay prints: one JSON document for programs, a story for people. */
import type { Call } from "../calls/call.ts";
import type { Replayed } from "./replay.ts";

/** The document of `--json`. Times are ISO 8601, `at` of a panel is epoch milliseconds. */
export function toJson({ calls, panels, doubts }: Replayed) {
  return {
    calls: calls.map((call) => ({
      direction: call.direction,
      client: call.client,
      did: call.did,
      queue: call.queue,
      ...(call.voicemail && { voicemail: true }),
      startedAt: iso(call.startedAt),
      answeredAt: iso(call.answeredAt),
      endedAt: iso(call.endedAt),
      disposition: call.disposition,
      ringSeconds: call.ringSeconds,
      talkSeconds: call.talkSeconds,
      endedBy: call.endedBy,
      employees: call.employees,
      transfers: call.transfers.map(({ kind, by, to, result }) => ({ kind, by, to, result })),
      linkedids: call.linkedids,
      recordings: call.recordings.map(({ file }) => file),
    })),
    panels,
    doubts,
  };
}

function iso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A few lines for each call. */
export function toStory({ calls, panels, doubts }: Replayed): string {
  const lines = calls.length === 0 ? ["no calls", ""] : calls.flatMap((call) => [...storyOf(call), ""]);
  for (const [extension, entries] of Object.entries(panels)) {
    lines.push(`panel of ${extension}`);
    for (const { at, cards } of entries) {
      const shown = cards.map(({ state, peer }) => `${state} ${peer ?? "hidden number"}`);
      lines.push(`  ${iso(at)}  ${shown.join(" + ") || "idle"}`);
    }
    lines.push("");
  }
  lines.push(...doubts.map((doubt) => `doubt: ${doubt}`));
  return lines.join("\n");
}

function storyOf(call: Call): string[] {
  const who = call.direction === "internal" ? "colleagues" : (call.client ?? "hidden number");
  const way = [
    call.did && `line ${call.did}`,
    call.queue && `queue ${call.queue}`,
    call.voicemail && "voicemail",
    call.partial && "seen in part",
  ];
  const ending = call.endedBy === null ? "" : `, ended by ${call.endedBy}`;
  return [
    [`${iso(call.startedAt)}  ${call.direction} ${who}`, ...way.filter(Boolean)].join(", "),
    `  ${call.disposition ?? "goes on"} after ${call.ringSeconds} s, ${call.talkSeconds} s of talk${ending}`,
    ...call.employees.map(
      (one) => `  ${one.extension} ${one.result}: rang ${one.ringSeconds} s, talked ${one.talkSeconds} s`,
    ),
    ...call.transfers.map(({ kind, by, to, result }) => `  ${kind} from ${by ?? "?"} to ${to ?? "?"}: ${result}`),
    ...call.recordings.map(({ file }) => `  recorded in ${file}`),
  ];
}
