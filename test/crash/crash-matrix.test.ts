// A seeded tenth of `script/soak crash`.
import { expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";
import { crashMatrix, STORES } from "./matrix.ts";

const SEED = 3;

for (const store of STORES) {
  describeNeeding(store === "postgres" ? store : [], `killed at a tenth of the boundaries, on ${store}`, () => {
    test("each call is in the CRM once, where it belongs, with its sound", async () => {
      const results = await crashMatrix(store, (boundary) => boundary % 10 === SEED);
      expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
      for (const { died, boundaries } of results) expect(died).toBeGreaterThanOrEqual(Math.floor(boundaries / 10) - 1);
    }, 300_000);
  });
}
