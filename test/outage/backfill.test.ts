/** What `test/soak/backfill.ts` does for forty calls, done for four. */
import { describe, expect, test } from "vitest";
import { describeNeeding } from "../needs.ts";
import type { BackfillResult } from "./backfill.ts";
import { outageOnAsterisk, outageOnMikopbx } from "./stands.ts";

const options = { calls: 4, seed: 7 };
/** Two seen before, two that were going on, four while it was away, one after. */
const ALL = 9;

function expectWhole(results: readonly BackfillResult[], names: readonly string[]): void {
  expect(results.map(({ name }) => name)).toEqual(names);
  for (const result of results) {
    expect(result).toMatchObject({ calls: ALL, right: ALL, tooMany: 0, toldTwice: 0, wrong: [] });
    expect(result.linked).toBe(result.recorded);
  }
}

describe("calls while the service was away are all in the journal, once, with their recordings", () => {
  test("by MikoPBX's REST interface", async () => {
    expectWhole(await outageOnMikopbx(options), ["mikopbx-rest"]);
  }, 120_000);

  describeNeeding(["asterisk", "mariadb", "postgres"], "on Asterisk", () => {
    test("by Master.csv, an SQLite file, and tables in MariaDB and PostgreSQL", async () => {
      expectWhole(await outageOnAsterisk(options), ["csv", "sqlite", "mysql", "postgres"]);
    }, 180_000);
  });
});
