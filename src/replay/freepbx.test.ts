/**
 * FreePBX has other names for the same things. Nobody here has recorded one: its dialplan's names are put in the place of
 * the lab's in recorded streams (assumed, from what FreePBX publishes of its dialplan), and the story stays the same.
 */
import { describe, expect, test } from "vitest";
import { packetsOf, readCaptures } from "../../test/capture-files.ts";
import { type PbxProfile, profiles } from "../pbx/profiles.ts";
import { Replay } from "./replay.ts";

/** Contexts and the queue's name; queues are called by their number there. */
const NAMES: Readonly<Record<string, string>> = {
  incoming: "from-trunk",
  "internal-incoming": "from-internal",
  "internal-transfer": "from-internal-xfer",
  "internal-users": "macro-dial-one",
  "internal-originate": "from-internal",
  "route-to": "ext-local",
  all_peers: "from-internal",
  internal: "from-queue",
  queues: "ext-queues",
};
const QUEUE = { lab: "main", freepbx: "2210" };

const captures = readCaptures().filter(
  ({ name, streams }) => streams.length === 1 && /^(0[4-9]|1[0-3]|17|18|2[0-5]|n0[2-9]|n1)/.test(name),
);

test("there are captures of every kind of call", () => expect(captures.length).toBeGreaterThan(25));

describe.each(captures)("$name", ({ streams }) => {
  test("is told by FreePBX's names as by the lab's", () => {
    const [stream = new Uint8Array()] = streams;
    const lab = tell(Buffer.from(stream), profiles.asterisk);
    const freepbx = tell(Buffer.from(inItsNames(Buffer.from(stream).toString())), profiles.freepbx);
    expect(freepbx.doubts).toEqual([]);
    const queueOf = (queue: string | null) => (queue === QUEUE.lab ? QUEUE.freepbx : queue);
    expect(freepbx.calls).toEqual(lab.calls.map((call) => ({ ...call, queue: queueOf(call.queue) })));
    expect(freepbx.panels).toEqual(lab.panels);
  });
});

function inItsNames(text: string): string {
  const contexts = Object.keys(NAMES).sort((one, other) => other.length - one.length);
  return text
    .replaceAll(new RegExp(`(Context: |@)(${contexts.join("|")})(?=[-/,\\r;])`, "g"), (_, before, context) => {
      return `${before}${NAMES[context] ?? context}`;
    })
    .replaceAll(`Queue: ${QUEUE.lab}\r`, `Queue: ${QUEUE.freepbx}\r`);
}

function tell(bytes: Uint8Array, profile: PbxProfile) {
  const replay = new Replay({ profile, panels: ["201", "202", "203", "204"] });
  for (const packet of packetsOf(bytes)) replay.hear(packet);
  return replay.told();
}
