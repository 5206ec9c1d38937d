/** A call told from the records that Asterisk wrote of it is the call that was seen: on every recorded scenario. */
import { describe, expect, test } from "vitest";
import type { Call } from "../calls/call.ts";
import { sameNumber } from "../calls/sides.ts";
import { profiles } from "../pbx/profiles.ts";
import { Replay } from "../replay/replay.ts";
import type { CdrRow } from "./cdr-row.ts";
import { differences, isBetweenPeople } from "./differences.ts";
import { CdrGroups } from "./groups.ts";
import { reader, recorded } from "./testing/recorded.ts";
import { type ToldCall, toCall } from "./to-call.ts";

const scenarios = recorded();

function seenIn(streams: readonly Uint8Array[]): readonly Call[] {
  const replay = new Replay({ profile: profiles.asterisk });
  for (const stream of streams) replay.feed(stream);
  return replay.told().calls;
}

function toldBy(rows: readonly CdrRow[]): ToldCall[] {
  const groups = new CdrGroups(reader);
  for (const row of rows) groups.add(row, 0);
  return groups.groups().flatMap((group) => toCall(group.rows, reader) ?? []);
}

test("there are records to read", () => expect(scenarios.length).toBeGreaterThan(30));

describe.each(scenarios)("$name", ({ streams, rows }) => {
  const variants = {
    "as they are": rows,
    "without linkedids, as Master.csv is by default": rows.map((row) => ({ ...row, linkedid: null })),
    "in any order": [...rows].reverse(),
  };
  test.each(Object.entries(variants))("the records %s tell each call that was seen, once", (_, given) => {
    const told = toldBy(given);
    const seen = seenIn(streams).filter(isBetweenPeople);
    // An interception that failed is told apart, and known by the client who was calling.
    const own = told.filter(({ isBareAttempt, client }) => {
      return !(isBareAttempt && seen.some((call) => call.direction === "inbound" && sameNumber(call.client, client)));
    });
    expect(own).toHaveLength(seen.length);
    for (const call of seen) {
      const ids = new Set(call.linkedids);
      const same = own.filter(({ linkedids, uniqueids }) => [...linkedids, ...uniqueids].some((id) => ids.has(id)));
      expect(same).toHaveLength(1);
      for (const one of same) expect(differences(call, one)).toEqual([]);
    }
  });
});

describe("of rows alone", () => {
  const row = (over: Partial<CdrRow>): CdrRow => ({
    mark: "",
    uniqueid: "1795439289.1",
    linkedid: "1795439289.1",
    startedAt: 10_000,
    answeredAt: null,
    endedAt: 20_000,
    from: "79001234567",
    to: "201",
    channel: "PJSIP/provider-00000001",
    dstChannel: "PJSIP/201-00000002",
    outcome: "no-answer",
    did: null,
    queue: null,
    recording: null,
    attempt: null,
    isApp: false,
    ...over,
  });

  test("a phone alone with the dialplan is no call between people", () => {
    expect(toCall([row({ channel: "PJSIP/201-00000002", from: "201", to: "*43", dstChannel: "" })], reader)).toBeNull();
  });

  test("MikoPBX's intercepted talk, whose row has no line, takes it from its sibling", () => {
    const told = toCall(
      [
        row({ did: "74950003344" }),
        row({
          channel: "PJSIP/203-00000003",
          from: "203",
          to: "79001234567",
          dstChannel: "PJSIP/provider-00000001",
          outcome: "answered",
          answeredAt: 12_000,
          startedAt: 12_000,
        }),
      ],
      reader,
    );
    expect(told).toMatchObject({ direction: "inbound", did: "74950003344", disposition: "answered", talkSeconds: 8 });
  });

  test("a queue's own row and an attempt's answer nobody", () => {
    const told = toCall(
      [
        row({
          did: "74950003345",
          to: "2210",
          dstChannel: "Queue:2210",
          queue: "2210",
          isApp: true,
          outcome: "answered",
          answeredAt: 10_000,
        }),
        row({ did: "74950003345" }),
        row({
          channel: "Local/203@internal-originate-00000001;2",
          dstChannel: "PJSIP/203-00000009",
          attempt: "interception",
          outcome: "answered",
          answeredAt: 11_000,
        }),
      ],
      reader,
    );
    expect(told).toMatchObject({ disposition: "missed", queue: "2210", answeredAt: null, talkSeconds: 0 });
  });
});
