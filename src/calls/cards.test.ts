/** A talk's partner is known without a gap: commands about the other side could not be given in it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { profiles } from "../pbx/profiles.ts";
import { Replay } from "../replay/replay.ts";

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
