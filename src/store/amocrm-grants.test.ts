/** An account's access is kept as it was saved last, apart from other accounts', and is gone when it is removed. */
import { expect, test } from "vitest";
import { SqlAmocrmGrants } from "./amocrm-grants.ts";
import { describeOnEachStore } from "./stores.testing.ts";

describeOnEachStore("accesses to amoCRM", (stores) => {
  test("the last one saved of an account counts, also after a restart, until it is removed", async () => {
    const place = await stores.newPlace();
    const before = new SqlAmocrmGrants(await stores.open(place));
    await before.save("main", "first");
    await before.save("main", "second");
    await before.save("other", "theirs");

    const after = new SqlAmocrmGrants(await stores.open(place));
    expect(await after.load("main")).toBe("second");
    await after.remove("main");
    expect(await after.load("main")).toBeUndefined();
    expect(await after.load("other")).toBe("theirs");
  });
});
