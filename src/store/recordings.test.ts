/** Recordings and listenings come back as they were kept, in the order that is asked for. */
import { beforeEach, expect, test } from "vitest";
import type { Listening } from "../recordings/listening.ts";
import type { Pending, Ready } from "../recordings/recording.ts";
import type { Database } from "./database.ts";
import { SqlListeningStore } from "./listenings.ts";
import { SqlRecordingStore } from "./recordings.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const common = { parts: [{ file: "/monitor/a.webm", startedAt: 5 }], linkedids: ["1.1", "1.2"] };
const pending = (callId: string, since: number): Pending => ({
  ...common,
  callId,
  since,
  state: "pending",
  soughtSince: since,
  waitsFor: "not-found",
  meanwhile: null,
});
const ready = (callId: string, since: number, bytes = 1_000): Ready => ({
  ...common,
  callId,
  since,
  state: "ready",
  mp3: { file: `${callId}.mp3`, bytes, seconds: 1.5 },
  missing: 0,
  isCached: true,
});

describeOnEachStore("the store of recordings", (stores) => {
  let database: Database;
  let store: SqlRecordingStore;
  let listenings: SqlListeningStore;
  beforeEach(async () => {
    database = await stores.open();
    store = new SqlRecordingStore(database);
    listenings = new SqlListeningStore(database);
  });

  test("a recording is kept with whose it is; its state takes the place of the earlier one", async () => {
    await store.save("romashka", "main", pending("one", 1));
    expect(await store.find("one")).toEqual(pending("one", 1));
    expect(await store.ownerOf("one")).toEqual({ account: "romashka", pbx: "main" });
    await store.save("romashka", "main", pending("two", 2));
    expect((await store.pending()).map(({ recording }) => recording.callId)).toEqual(["one", "two"]);
    await store.save("romashka", "main", ready("one", 1));
    expect(await store.find("one")).toEqual(ready("one", 1));
    expect((await store.pending()).map(({ recording }) => recording.callId)).toEqual(["two"]);
    expect(await store.find("three")).toBeUndefined();
    expect(await store.ownerOf("three")).toBeUndefined();
  });

  test("what lies in the cache is counted, and given by when it was heard", async () => {
    expect(await store.cachedBytes()).toBe(0);
    // More than 32 bits hold.
    await store.save("romashka", "main", ready("old", 1, 3_000_000_000));
    await store.save("romashka", "main", ready("young", 2, 3_000_000_000));
    await store.save("romashka", "main", { ...ready("gone", 3), isCached: false });
    await store.save("romashka", "main", { ...pending("grows", 4), meanwhile: ready("grows", 4, 5).mp3 });
    expect(await store.cachedBytes()).toBe(6_000_000_005);
    expect((await store.leastHeard(0, 9)).map(({ recording }) => recording.callId)).toEqual(["old", "young"]);
    await store.heard("old", 1_700_000_000_000);
    expect((await store.leastHeard(0, 9)).map(({ recording }) => recording.callId)).toEqual(["young", "old"]);
    expect((await store.leastHeard(1, 1)).map(({ recording }) => recording.callId)).toEqual(["old"]);
  });

  test("old ones are found by when they were made, and lists are of one account, the newest first", async () => {
    for (const [at, callId] of ["one", "two", "three"].entries())
      await store.save("romashka", "main", ready(callId, at + 1));
    await store.save("lyutik", "main", pending("other", 9));
    await store.save("romashka", "main", { ...common, callId: "lost", since: 1, state: "lost", reason: "unreadable" });
    expect((await store.olderThan(3, 9)).map(({ recording }) => recording.callId)).toEqual(["one", "two"]);
    const list = async (...of: Parameters<SqlRecordingStore["list"]>) =>
      (await store.list(...of)).map(({ recording }) => recording.callId);
    expect(await list("romashka", undefined, 2)).toEqual(["three", "two"]);
    expect(await list("romashka", "lost", 9)).toEqual(["lost"]);
    expect(await list("lyutik", undefined, 9)).toEqual(["other"]);
  });

  test("what was kept before the cache had a quota still plays, and is never erased for its age", async () => {
    const early = { callId: "one", state: "ready", mp3: "one.mp3", bytes: 4_000 };
    const row = { call_id: "one", account: "romashka", pbx: "main", state: "ready", body: JSON.stringify(early) };
    await database
      .insertInto("recording")
      .values({ ...row, since: 0, heard_at: 0, cached_bytes: 0 })
      .execute();
    expect(await store.find("one")).toMatchObject({
      callId: "one",
      state: "ready",
      mp3: { file: "one.mp3", bytes: 4_000, seconds: 1 },
      isCached: true,
    });
    expect(await store.olderThan(1_000_000, 9)).toEqual([]);
    const waiting = { callId: "two", state: "pending", parts: ["/monitor/a.wav"], since: 5 };
    const second = { ...row, call_id: "two", state: "pending", body: JSON.stringify(waiting) };
    await database
      .insertInto("recording")
      .values({ ...second, since: 0, heard_at: 0, cached_bytes: 0 })
      .execute();
    expect(await store.pending()).toMatchObject([
      { recording: { callId: "two", parts: [{ file: "/monitor/a.wav", startedAt: 5 }], soughtSince: 5 } },
    ]);
  });

  test("listenings are kept, go on, and are given by call and by time", async () => {
    const one: Listening = {
      account: "romashka",
      callId: "one",
      userId: 504141,
      address: "203.0.113.0",
      begunAt: 1_700_000_000_000,
      lastAt: 1_700_000_000_000,
      bytes: 0,
      reachedSeconds: 0,
    };
    const id = await listenings.begin(one);
    const progress = { lastAt: 1_700_000_060_000, bytes: 3_000_000_000, reachedSeconds: 61 };
    await listenings.goOn(id, progress);
    const other = { ...one, callId: "two", userId: null, begunAt: one.begunAt + 1 };
    await listenings.begin(other);
    await listenings.begin({ ...one, account: "lyutik" });
    expect(await listenings.list("romashka", { limit: 9 })).toEqual([other, { ...one, ...progress }]);
    expect(await listenings.list("romashka", { callId: "one", limit: 9 })).toEqual([{ ...one, ...progress }]);
    expect(await listenings.list("romashka", { before: other.begunAt, limit: 9 })).toEqual([{ ...one, ...progress }]);
    expect(await listenings.list("romashka", { limit: 1 })).toEqual([other]);
  });

  test("a store that cannot write says so", async () => {
    await database.schema.dropTable("listening").execute();
    await database.schema.dropTable("recording").execute();
    await expect(store.save("romashka", "main", pending("one", 1))).rejects.toThrow();
    await expect(listenings.goOn(1, { lastAt: 0, bytes: 0, reachedSeconds: 0 })).rejects.toThrow();
  });
});
