import { expect, test } from "vitest";
import type { BatchItem } from "../outbox/performer.ts";
import type { CrmApi } from "./crm-api.ts";
import { CrmError } from "./crm-error.ts";
import { performBatch } from "./perform-batch.ts";
import type { Performing } from "./performing.ts";

const NOW = 1_751_600_000_000;

const item = (nth: number): BatchItem => ({
  intent: {
    kind: "log-call",
    uniq: `call-${nth}`,
    entity: { type: "contacts", id: nth },
    call: {
      id: `call-${nth}`,
      direction: "inbound",
      disposition: "answered",
      did: null,
      startedAt: NOW,
      talkSeconds: 40,
      phone: `+7916000000${nth}`,
      recordingUrl: null,
    },
    userId: null,
    calledName: null,
    result: "",
    isCopy: false,
  },
  attempt: { attempts: 1, mayHaveHappened: false, interactive: false, createdAt: NOW },
});

/** A CRM that refuses any list, without saying which note is bad, and answers single ones so. */
function refusing(single: () => Promise<number>) {
  const asked: string[] = [];
  const api: Pick<CrmApi, "as" | "create" | "createAll"> = {
    as: () => api as CrmApi,
    createAll: () => Promise.reject(new CrmError("crm/invalid")),
    create: (async (_path: string, _collection: string, note: { entity_id: number }) => {
      asked.push(`call-${note.entity_id}`);
      return single();
    }) as unknown as CrmApi["create"], // what it reads is the answer itself
  };
  const performing = {
    api,
    account: { id: "main", country: "RU", timeZone: "UTC", language: "ru" },
    index: { seenAt: async () => NOW / 1000 },
    recordingUrlOf: async () => null,
    written: { save: async () => {}, saveAll: async () => {} },
    clock: { now: () => NOW },
    doubtBefore: () => 0,
    isHinted: () => false,
  } as unknown as Performing; // what notes of known cards need of it
  return { performing, asked };
}

test("what was refused together is tried one by one, in its order", async () => {
  let nextId = 1;
  const { performing, asked } = refusing(async () => nextId++);
  const results = await performBatch([item(1), item(2), item(3)], performing);
  expect(asked).toEqual(["call-1", "call-2", "call-3"]);
  expect(results).toMatchObject([{ noteId: 1 }, { noteId: 2 }, { noteId: 3 }]);
});

test("once the account is closed nothing more of it is asked, and the rest is in no doubt", async () => {
  const { performing, asked } = refusing(() =>
    Promise.reject(new CrmError("crm/answer-lost", { mayHaveHappened: true })),
  );
  const results = await performBatch([item(1), item(2), item(3)], performing);
  expect(asked).toEqual(["call-1"]);
  expect(results).toMatchObject([
    { remedy: "hold-account", mayHaveHappened: true },
    { remedy: "hold-account", mayHaveHappened: false },
    { remedy: "hold-account", mayHaveHappened: false },
  ]);
});
