/** A talk's partner is known without a gap: commands about the other side could not be given in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { profiles } from "../pbx/profiles.ts";
import { Replay } from "../replay/replay.ts";
import { cardsOf } from "./cards.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { LiveCalls } from "./live-calls.ts";

const captures = join(import.meta.dirname, "../../test/captures");

test.each(["m10-atxfer-completed", "m05-inbound-fallback-202", "m08-blind-transfer-in-talk"])(
  "%s: from the answer on, who talks to a client talks to somebody",
  (capture) => {
    let talks = 0;
    const gaps: string[] = [];
    const replay = new Replay({
      profile: profiles.mikopbx,
      onEntry({ event, call }) {
        for (const { state, extension, peerLegId } of call.cards) {
          if (state !== "talking" || call.clientLegId === null) continue;
          talks++;
          if (peerLegId === null && event.type === "leg-connected") gaps.push(`${extension} at ${event.at}`);
        }
      },
    });
    replay.feed(readFileSync(join(captures, capture, "ami.log")));
    expect(gaps).toEqual([]);
    expect(talks).toBeGreaterThan(0);
  },
);

test("however many devices ring for an employee's own dial, it is one card; the one that he picks up has it", () => {
  const calls = new LiveCalls("office");
  const hear = (event: LegEvent) =>
    calls
      .hear(event)
      .at(-1)
      ?.call.cards.map(({ legId }) => legId);
  const rings = (leg: LegId, at: number) => {
    const party = { kind: "employee", extension: "201" } as const;
    hear({ type: "leg-began", at, leg, linkedid: "c2c-1", party, origin: { kind: "reached" }, found: false });
    return hear({ type: "leg-called", at, leg, by: null, shows: "79001234567" });
  };
  expect([rings("1.4", 1), rings("1.5", 2)]).toEqual([["1.4"], ["1.4"]]);
  expect(hear({ type: "leg-answered", at: 3, leg: "1.5" })).toEqual(["1.5"]);
});

test("a phone that is called shows nothing until it tells that it rings: one that is busy may never do so", () => {
  const calls = new LiveCalls("office");
  const origin = { kind: "dialling", dialled: null, did: "74950003344" } as const;
  const client = { kind: "outside", number: "79001234567" } as const;
  calls.hear({ type: "leg-began", at: 0, leg: "1.1", linkedid: "1.1", party: client, origin, found: false });
  const phone = {
    type: "leg-began",
    party: { kind: "employee", extension: "201" },
    origin: { kind: "reached" },
  } as const;
  calls.hear({ ...phone, at: 1, leg: "1.2", linkedid: "1.1", found: false });
  const states = (heard: LegEvent) => {
    calls.hear(heard);
    return calls
      .live()
      .flatMap(cardsOf)
      .map(({ state }) => state);
  };
  expect(states({ type: "leg-called", at: 2, leg: "1.2", by: "1.1", shows: "79001234567" })).toEqual([]);
  expect(states({ type: "leg-rings", at: 3, leg: "1.2" })).toEqual(["ringing"]);
});
