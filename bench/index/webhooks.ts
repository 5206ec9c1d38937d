/**
 * The real service while it reads a company's contacts for the first time: how long amoCRM waits for the answer to a
 * webhook, and how long until whoever was added is found by his number, one by one and in a storm.
 */
import { setTimeout } from "node:timers/promises";
import { SqlClientIndex } from "../../src/store/client-index.ts";
import { openStore } from "../../src/store/open-store.ts";
import { addContact, openBigCompany, phoneOf } from "../../test/stage/big-company.ts";

/** What amoCRM and a caller's phone see of some webhooks. */
export interface Heeded {
  /** Each one's answer, ms. */
  readonly answeredMs: readonly number[];
  /** From each change in the CRM until the index has it, ms. */
  readonly indexedMs: readonly number[];
}

export interface WebhookFigures {
  /** One by one. */
  readonly single: Heeded;
  /** Many at once. */
  readonly storm: Heeded;
  /** Was the first load still at it when the last change was in the index? */
  readonly isLoading: boolean;
}

const CONTACTS = 25_000;
const SINGLE = 20;
const EVERY_MS = 250;
/** So many are added in one moment, as by an import. */
const ADDED_AT_ONCE = 100;
const LOOK_EVERY_MS = 10;

export async function measureWebhooks(): Promise<WebhookFigures> {
  await using company = await openBigCompany({ contacts: CONTACTS, store: "sqlite" });
  const { crm, service, place } = company;
  await service.start();
  while (crm.controls.account.hooks.size === 0) await setTimeout(LOOK_EVERY_MS);
  const database = await openStore(place);
  try {
    const index = new SqlClientIndex(database, () => "RU");
    const untilKnown = async (nth: number, since: number) => {
      while ((await index.findByPhone("main", phoneOf(nth))).length === 0) await setTimeout(LOOK_EVERY_MS);
      return performance.now() - since;
    };
    const add = (nth: number) => {
      const since = performance.now();
      addContact(crm, nth);
      return untilKnown(nth, since);
    };
    const heed = async (indexed: readonly Promise<number>[]): Promise<Heeded> => {
      const indexedMs = await Promise.all(indexed);
      await crm.controls.settled();
      const answers = crm.controls.deliveries().slice(told);
      told += answers.length;
      const lost = answers.filter(({ status }) => status !== 200);
      if (lost.length > 0) throw new Error(`${lost.length} webhooks were not answered with 200`);
      return { answeredMs: answers.map(({ tookMs }) => tookMs), indexedMs };
    };
    let told = 0;
    const singles: Promise<number>[] = [];
    for (let nth = 0; nth < SINGLE; nth++) {
      singles.push(add(CONTACTS + nth));
      await setTimeout(EVERY_MS);
    }
    const single = await heed(singles);
    const added = Array.from({ length: ADDED_AT_ONCE }, (_, nth) => add(CONTACTS + SINGLE + nth));
    const storm = await heed(added);
    const isLoading = !service.output.includes("first load of the index finished part=contacts");
    return { single, storm, isLoading };
  } finally {
    await database.destroy();
  }
}
