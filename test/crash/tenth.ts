/** A seeded tenth of `script/soak crash`; a file of its own for each store, so that they run side by side. */
import { expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";
import { crashMatrix, type STORES } from "./matrix.ts";

const SEED = 3;
/** A call's events, what follows from them, the request that tells it and what came of it: each has a before and an after. */
const LEAST_BOUNDARIES = 15;

export function describeTenth(store: (typeof STORES)[number]): void {
  describeNeeding(store === "postgres" ? store : [], `killed at a tenth of the boundaries, on ${store}`, () => {
    test("each call is in the CRM once, where it belongs, with its sound", async () => {
      const results = await crashMatrix(store, { first: SEED, step: 10 });
      expect(results.flatMap(({ wrong }) => wrong)).toEqual([]);
      for (const { scenario, died, boundaries } of results) {
        expect(boundaries, scenario).toBeGreaterThan(LEAST_BOUNDARIES);
        expect(died, scenario).toBeGreaterThan(0);
      }
    }, 900_000);
  });
}
