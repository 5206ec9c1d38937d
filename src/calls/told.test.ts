/** Who is parked, as others are told it: the panel offers to fetch him for just so long. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { profiles } from "../pbx/profiles.ts";
import { Replay } from "../replay/replay.ts";

test.each([
  ["n10-park-comes-back", "701", "leg-called"],
  ["n18-parked-and-taken-back", "701", "leg-connected"],
])(
  "%s: he is parked until a phone rings for him or somebody talks to him, and not again afterwards",
  (capture, slot, end) => {
    const told: { readonly type: string; readonly slot: string | null }[] = [];
    const replay = new Replay({
      profile: profiles.asterisk,
      onEntry: ({ event, call }) => void told.push({ type: event.type, slot: call.parked?.slot ?? null }),
    });
    const file = join(import.meta.dirname, "../../test/captures", capture, "ami.log.gz");
    replay.feed(gunzipSync(readFileSync(file)));
    const until = told.findLastIndex((one) => one.slot !== null) + 1;
    expect(told.find((one) => one.slot !== null)).toEqual({ type: "leg-parked", slot });
    expect(told[until]).toEqual({ type: end, slot: null });
  },
);
