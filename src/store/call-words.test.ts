import { expect, test } from "vitest";
import { SqlCallWords } from "./call-words.ts";
import { describeOnEachStore } from "./stores.testing.ts";

describeOnEachStore("employees' words about a call", (stores) => {
  const moved = { type: "leads", id: 70 } as const;

  test("are kept in their order, each account's own", async () => {
    const words = new SqlCallWords(await stores.open());
    await words.say("main", "call-1", { text: "Просил счёт", entity: null }, "Анна", 1);
    await words.say("main", "call-1", { text: null, entity: moved }, "Анна", 2);
    await words.say("other", "call-1", { text: "Чужое", entity: null }, "Борис", 3);
    expect(await words.ofCalls("main", ["call-1"])).toEqual([
      { id: expect.any(Number), text: "Просил счёт", entity: null },
      { id: expect.any(Number), text: null, entity: moved },
    ]);
    expect(await words.ofCalls("main", ["call-2", "call-3"])).toEqual([]);
  });

  test("of several calls stand together", async () => {
    const words = new SqlCallWords(await stores.open());
    await words.say("main", "call-1", { text: "Один", entity: null }, "Анна", 1);
    await words.say("main", "call-0", { text: "Два", entity: null }, "Борис", 2);
    expect(await words.ofCalls("main", ["call-0", "call-1"])).toMatchObject([{ text: "Один" }, { text: "Два" }]);
  });
});
