/** An outbox on each kind of store, before a performer that does what the test says. */
import { afterEach } from "vitest";
import { Listeners } from "../../lib/listeners.ts";
import { createLog } from "../../lib/log.ts";
import type { CrmIntent } from "../../rules/intent.ts";
import type { Database } from "../../store/database.ts";
import { SqlOutboxStore } from "../../store/outbox-store.ts";
import { describeOnEachStore, type TestStores } from "../../store/stores.testing.ts";
import { Outbox } from "../outbox.ts";
import {
  type Attempt,
  type Availability,
  type BatchItem,
  type Outcome,
  type Performer,
  PerformFailure,
} from "../performer.ts";

export const NOTE: Outcome = { kind: "note", entityType: "contacts", entityId: 1, noteId: 2 };

/** Does what each test says, and remembers what it was asked. */
class ScriptedPerformer implements Performer {
  readonly asked: { uniq: string; mayHaveHappened: boolean }[] = [];
  readonly #changes = new Listeners<Availability>();
  #availability: Availability = { open: true };
  readonly batches: string[][] = [];
  /** Of both kinds, as they came. */
  readonly order: string[] = [];
  answerBatch: (batch: readonly BatchItem[]) => Promise<readonly (Outcome | PerformFailure)[]> = async (batch) =>
    batch.map(() => NOTE);
  answer: (intent: CrmIntent, attempt: Attempt, nth: number) => Promise<Outcome> = async () => NOTE;

  perform(intent: CrmIntent, attempt: Attempt): Promise<Outcome> {
    this.order.push(intent.uniq);
    this.asked.push({ uniq: intent.uniq, mayHaveHappened: attempt.mayHaveHappened });
    return this.answer(intent, attempt, this.asked.length);
  }
  async performBatch(batch: readonly BatchItem[]): Promise<readonly (Outcome | PerformFailure)[]> {
    this.batches.push(batch.map(({ intent }) => intent.uniq));
    this.order.push(...batch.map(({ intent }) => intent.uniq));
    return this.answerBatch(batch);
  }
  availability(): Availability {
    return this.#availability;
  }
  onAvailability(listener: (availability: Availability) => void): Disposable {
    return this.#changes.add(listener);
  }
  become(availability: Availability): void {
    this.#availability = availability;
    this.#changes.tell(availability);
  }
}

export const intent = (uniq: string): CrmIntent => ({
  kind: "create-contact",
  uniq,
  name: "Иван",
  phone: "+79161234567",
  userId: null,
});
export const failure = (remedy: PerformFailure["remedy"], mayHaveHappened = false) =>
  new PerformFailure(`crm/${remedy}`, remedy, mayHaveHappened, "as the test says");

export const log = createLog({ level: "error", format: "json" }, { write() {} });
const open: AsyncDisposable[] = [];

async function setUpOn(database: Database) {
  const store = new SqlOutboxStore(database);
  const performer = new ScriptedPerformer();
  const outbox = new Outbox({
    account: "main",
    holder: "test",
    store,
    performer,
    clock: { now: () => Date.now() },
    random: () => 0,
    log,
    concurrency: 4,
    doubtSettlesMs: 10,
  });
  const start = async () => {
    await outbox.start();
    open.push({ [Symbol.asyncDispose]: () => outbox.stop() });
  };
  /** Resolves when the summary says what is wanted: a fact, not a time. */
  const until = async (isTrue: () => Promise<boolean> | boolean) => {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      using _ = outbox.onChange(resolve);
      if (await isTrue()) return;
      await promise;
    }
  };
  const settled = () => until(async () => (await outbox.summary()).waiting === 0);
  return { database, store, performer, outbox, start, until, settled };
}

/** @param suite gets what sets an outbox up, on a store of its own; each ends with its test, and before its store */
export function describeOutbox(
  name: string,
  suite: (setUp: (...how: Parameters<TestStores["open"]>) => ReturnType<typeof setUpOn>) => void,
): void {
  describeOnEachStore(name, (stores) => {
    afterEach(async () => {
      for (const each of open.splice(0).reverse()) await each[Symbol.asyncDispose]();
    });
    suite(async (...how) => setUpOn(await stores.open(...how)));
  });
}
