import { expect, test } from "vitest";
import { RECIPES } from "../../src/pbx/recipes.ts";
import { describeNeeding } from "../needs.ts";
import { raceInterceptions } from "../soak/interception-race.ts";

describeNeeding("asterisk", "a tenth of script/soak interception", () => {
  test.each(["bridge", "pick-up"] as const)(
    "by %s: whoever is first, exactly one has the client",
    async (fetch) => {
      const { wonBy, faults } = await raceInterceptions({ runs: 15, recipe: { ...RECIPES.mikopbx, fetch }, seed: 7 });
      expect(faults).toEqual([]);
      expect(wonBy["201"] + wonBy["204"]).toBe(15);
    },
    120_000,
  );
});
