/** What an administrator is told of recordings and listenings, by the API's own description of its answers. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { ApiRefusal } from "../api/endpoint.ts";
import type { Ready, Recording } from "../recordings/recording.ts";
import { SqlListeningStore } from "../store/listenings.ts";
import { SqlRecordingStore } from "../store/recordings.ts";
import { openSqlite } from "../store/sqlite.ts";
import { soundEndpoints } from "./sound-admin.ts";

let stack: AsyncDisposableStack;
let store: SqlRecordingStore;
let listenings: SqlListeningStore;
let retried: string[];
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const database = stack.adopt(await openSqlite(":memory:"), (open) => open.destroy());
  [store, listenings, retried] = [new SqlRecordingStore(database), new SqlListeningStore(database), []];
});
afterEach(() => stack.disposeAsync());

/** As the API does: what comes in and what goes out is held against the endpoint's own description. */
async function ask(
  id: string,
  params: Record<string, string>,
  query: Record<string, string> = {},
  given: unknown = {},
): Promise<unknown> {
  const keeper = {
    retry: async (callId: string) => {
      retried.push(callId);
      return (await store.find(callId))?.state === "lost";
    },
  };
  const sound = { store, listenings, keeper } as unknown as Parameters<typeof soundEndpoints>[0]["sound"];
  const found = soundEndpoints({ sound, accounts: ["romashka"] }).find((each) => each.id === id);
  if (found === undefined) throw new Error(`no endpoint ${id}`);
  const read = found.query?.parse(query);
  const answer = await found.run({ params, query: read, body: found.body?.parse(given) } as Parameters<
    typeof found.run
  >[0]);
  return found.answer.parse(answer);
}

const common = { parts: [{ file: "/monitor/a.webm", startedAt: 5 }], linkedids: ["1.1"] };
const ready: Ready = {
  ...common,
  callId: "heard",
  since: 1,
  state: "ready",
  mp3: { file: "heard.mp3", bytes: 4_000, seconds: 1 },
  missing: 1,
  isCached: false,
};
const others: Recording[] = [
  { ...common, callId: "late", since: 2, state: "pending", soughtSince: 2, waitsFor: "no-decoder", meanwhile: null },
  { ...common, callId: "gone", since: 3, state: "lost", reason: "outside-directory" },
  { ...common, callId: "silent", since: 4, state: "none" },
];

test("recordings are listed with why they are not ready", async () => {
  for (const recording of [ready, ...others]) await store.save("romashka", "main", recording);
  await store.save("lyutik", "other", { ...ready, callId: "foreign" });
  const shown = { pbx: "main", parts: 1, waitsFor: null, lostReason: null, seconds: null, bytes: null, missing: 0 };
  expect(await ask("listRecordings", { account: "romashka" })).toEqual({
    recordings: [
      { ...shown, callId: "silent", state: "none", since: 4, isCached: false },
      { ...shown, callId: "gone", state: "lost", since: 3, lostReason: "outside-directory", isCached: false },
      { ...shown, callId: "late", state: "pending", since: 2, waitsFor: "no-decoder", isCached: false },
      { ...shown, callId: "heard", state: "ready", since: 1, seconds: 1, bytes: 4_000, missing: 1, isCached: false },
    ],
  });
  expect(await ask("listRecordings", { account: "romashka" }, { state: "lost", limit: "1" })).toMatchObject({
    recordings: [{ callId: "gone" }],
  });
});

test("a lost one of the own account is looked for again, and nothing else", async () => {
  for (const recording of [ready, ...others]) await store.save("romashka", "main", recording);
  await store.save("lyutik", "other", { ...common, callId: "foreign", since: 1, state: "lost", reason: "unreadable" });
  await ask("retryRecording", { account: "romashka", call: "gone" });
  for (const call of ["foreign", "unknown", "heard"])
    await expect(ask("retryRecording", { account: "romashka", call })).rejects.toThrow(ApiRefusal);
  expect(retried).toEqual(["gone", "heard"]);
});

test("all that were lost for one reason are looked for again", async () => {
  for (const recording of [ready, ...others]) await store.save("romashka", "main", recording);
  for (const callId of ["opus-1", "opus-2"])
    await store.save("romashka", "main", { ...common, callId, since: 9, state: "lost", reason: "no-decoder" });
  await store.save("lyutik", "other", { ...common, callId: "foreign", since: 1, state: "lost", reason: "no-decoder" });
  const answer = await ask("retryRecordings", { account: "romashka" }, {}, { reason: "no-decoder" });
  expect(answer).toEqual({ retried: 2 });
  expect(retried.toSorted()).toEqual(["opus-1", "opus-2"]);
});

test("listenings are told by call and time; of an unknown account nothing is", async () => {
  const listening = { callId: "heard", userId: 504141, address: "203.0.113.0", begunAt: 7, lastAt: 9, bytes: 1 };
  const kept = { ...listening, reachedSeconds: 2 };
  await listenings.begin({ ...kept, account: "romashka" });
  await listenings.begin({ ...kept, account: "romashka", callId: "other", userId: null });
  expect(await ask("listListenings", { account: "romashka" }, { call: "heard" })).toEqual({ listenings: [kept] });
  expect(await ask("listListenings", { account: "romashka" }, { before: "7" })).toEqual({ listenings: [] });
  await expect(ask("listListenings", { account: "lyutik" })).rejects.toMatchObject({ status: 404 });
});
