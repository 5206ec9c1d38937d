/** A tenth of what `script/soak random-calls` and `script/soak link-cuts` play, always the same. */
import { expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";
import { playRandomCalls, type Verdict } from "./scripted/play.ts";
import { playThroughCuts } from "./scripted/play-cuts.ts";

const SEED = 20;
const WITHIN_MS = 120_000;

const wrong = (verdicts: readonly Verdict[]) => verdicts.filter((verdict) => verdict.wrong.length > 0);

describeNeeding("asterisk", "scripted calls on a real Asterisk are told as the phones lived them", () => {
  test(
    "20 at random",
    async () => {
      const verdicts = await playRandomCalls({ calls: 20, seed: SEED });
      expect(wrong(verdicts)).toEqual([]);
      expect(verdicts).toHaveLength(20);
    },
    WITHIN_MS,
  );

  test(
    "5 while the link to the PBX fails",
    async () => {
      const verdicts = await playThroughCuts({ calls: 5, seed: SEED });
      expect(wrong(verdicts)).toEqual([]);
      expect(verdicts).toHaveLength(5);
    },
    WITHIN_MS,
  );
});
