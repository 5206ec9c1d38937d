/**
 * The client index with 500,000 contacts (each third with a second number, each tenth with an open lead), written as the
 * first load writes it, into a file as the service keeps it: rows a second, the file, memory; look-ups of known and unknown
 * numbers, asked one after another, and from outside while pages come in as fast as amoCRM allows. Then the service itself
 * during its first load: webhooks and what they tell. Exits 1 when a promise is not kept: look-ups p99 1 ms (while it is
 * filled 10 ms), webhooks answered within 200 ms and in the index within 5 s. Look-ups in which the machine gave the processor
 * to another program are told, but not held to it, for they say nothing of the index.
 * Options: --contacts N --path FILE (kept afterwards; default: a file of its own, removed)
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { AMOCRM_PACE } from "../src/amocrm/rate-limit.ts";
import { SqlClientIndex } from "../src/store/client-index.ts";
import { openSqlite } from "../src/store/sqlite.ts";
import type { AskerOrder, Question } from "./index/asker.ts";
import { ACCOUNT, PAGE, phoneOf, putPage } from "./index/contacts.ts";
import { measureWebhooks } from "./index/webhooks.ts";

const LOOK_UPS = 20_000;
const MOST_P99_MS = 1;
/** While it is filled a question may meet the writing of some rows, and the wait for the disk. */
const MOST_FILLING_P99_MS = 10;
const FILLING: AskerOrder = { questions: 2_000, everyMs: 5 };
const MOST_ANSWER_MS = 200;
const MOST_INDEXED_MS = 5_000;
const MEGABYTE = 2 ** 20;

const { values } = parseArgs({
  options: { contacts: { type: "string", default: "500000" }, path: { type: "string" } },
});
const contacts = Number(values.contacts);

const directory = values.path === undefined ? await mkdtemp(join(tmpdir(), "kommutator-index-")) : null;
const path = values.path ?? join(directory ?? "", "index.db");
const database = await openSqlite(path);
const index = new SqlClientIndex(database, () => "RU");
const broken: string[] = [];

function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

const inWords = (list: readonly number[]) =>
  [0.5, 0.99, 1].map((share) => `${quantile(list, share).toFixed(3)} ms`).join(", ");

/** Prints a measure, and remembers when it is not as promised. */
function tell(
  what: string,
  list: readonly number[],
  promised: { readonly share: number; readonly most: number },
): void {
  console.log(`${what}: p50, p99, most ${inWords(list)}`);
  const found = quantile(list, promised.share);
  if (found > promised.most) broken.push(`${what}: ${found.toFixed(1)} ms, promised ${promised.most} ms`);
}

async function fill(): Promise<void> {
  const began = performance.now();
  for (let first = 1; first <= contacts; first += PAGE) {
    await putPage(index, first, Math.min(PAGE, contacts - first + 1));
  }
  const seconds = (performance.now() - began) / 1000;
  const asFastAsAllowed = contacts / PAGE / AMOCRM_PACE.perSecond;
  console.log(
    `${contacts} contacts in ${seconds.toFixed(0)} s: ${Math.round(contacts / seconds)} a second; ` +
      `amoCRM gives them in ${asFastAsAllowed.toFixed(0)} s at least`,
  );
}

/** Look-ups, and beside them those in which the machine did not give the processor to another program. */
class LookUps {
  readonly all: number[] = [];
  readonly #undisturbed: number[] = [];

  add(tookMs: number, switchesBefore: number): void {
    this.all.push(tookMs);
    if (switches() === switchesBefore) this.#undisturbed.push(tookMs);
  }

  tell(what: string, mostMs: number): void {
    const share = Math.round((100 * this.#undisturbed.length) / this.all.length);
    console.log(`look-up, ${what}, all: p50, p99, most ${inWords(this.all)}`);
    tell(`look-up, ${what}, ${share} % of them undisturbed`, this.#undisturbed, { share: 0.99, most: mostMs });
  }
}

const switches = () => process.resourceUsage().involuntaryContextSwitches;

/** Questions one after another. */
async function lookUp(what: string, numberOf: (n: number) => string, expected: 0 | 1): Promise<void> {
  const lookUps = new LookUps();
  for (let n = 0; n < LOOK_UPS; n++) {
    const number = numberOf(1 + ((n * 48_271) % contacts));
    const [asked, before] = [performance.now(), switches()];
    const found = await index.findByPhone(ACCOUNT, number);
    lookUps.add(performance.now() - asked, before);
    if (found.length !== expected) throw new Error(`${what} ${number}: ${found.length} clients`);
  }
  lookUps.tell(what, MOST_P99_MS);
}

/** Questions from another thread, whose wait for this one counts, while pages come in at amoCRM's pace. */
async function lookUpWhileFilling(): Promise<void> {
  const asker = new Worker(new URL("./index/asker.ts", import.meta.url), { workerData: FILLING });
  const lookUps = new LookUps();
  asker.on("message", async ({ at, switchesBefore }: Question) => {
    await index.findByPhone(ACCOUNT, phoneOf(1 + ((lookUps.all.length * 48_271) % contacts)));
    lookUps.add(Number(process.hrtime.bigint() - at) / 1e6, switchesBefore);
  });
  for (let page = 0; lookUps.all.length < FILLING.questions; page++) {
    await putPage(index, contacts + 1 + page * PAGE, PAGE);
    await setTimeout(1000 / AMOCRM_PACE.perSecond);
  }
  lookUps.tell("while it is filled", MOST_FILLING_P99_MS);
}

await fill();
await lookUp("known", phoneOf, 1);
await lookUp("unknown", (n) => `+7800${String(n).padStart(7, "0")}`, 0);
await lookUpWhileFilling();
await database.destroy();
console.log(`file: ${Math.round((await stat(path)).size / MEGABYTE)} MB`);
console.log(`memory: ${Math.round(process.memoryUsage().rss / MEGABYTE)} MB resident`);
if (directory !== null) await rm(directory, { recursive: true });

const webhooks = await measureWebhooks();
if (!webhooks.isLoading) broken.push("the first load was over before the webhooks: make the company bigger");
for (const [what, { answeredMs, indexedMs }] of Object.entries({
  webhook: webhooks.single,
  "webhook of a storm": webhooks.storm,
})) {
  console.log(`${what} during the first load, ${answeredMs.length} of them`);
  tell(`${what} answered`, answeredMs, { share: 1, most: MOST_ANSWER_MS });
  tell(`${what} to index`, indexedMs, { share: 1, most: MOST_INDEXED_MS });
}

for (const each of broken) console.log(`not kept: ${each}`);
if (broken.length > 0) process.exitCode = 1;
