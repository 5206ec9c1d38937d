/**
 * The client index with 500,000 contacts (each third with a second number, each tenth with an open lead), written as the
 * first load writes it, 250 at once, into a file as the service keeps it: rows a second, look-ups of known and unknown
 * numbers, the file, memory. Exits 1 when the slowest of a hundred look-ups takes more than 1 ms; those
 * in which the machine gave the processor to another program are told apart, for they say nothing of the index.
 * Options: --contacts N --path FILE (kept afterwards; default: a file of its own, removed)
 */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { IndexedClient, IndexedLead } from "../src/clients/client-index.ts";
import { readPhoneKeys } from "../src/clients/phone-key.ts";
import { SqlClientIndex } from "../src/store/client-index.ts";
import { openSqlite } from "../src/store/sqlite.ts";

const PAGE = 250;
const LOOK_UPS = 20_000;
const MOST_P99_MS = 1;
const ACCOUNT = "main";
const MEGABYTE = 2 ** 20;

const { values } = parseArgs({
  options: { contacts: { type: "string", default: "500000" }, path: { type: "string" } },
});
const contacts = Number(values.contacts);

const directory = values.path === undefined ? await mkdtemp(join(tmpdir(), "kommutator-index-")) : null;
const path = values.path ?? join(directory ?? "", "index.db");
const database = await openSqlite(path);
const index = new SqlClientIndex(database, () => "RU");

/** Numbers of the mobile range, scattered as real ones are: the same n always gives the same number. */
const phoneOf = (n: number): string => `+79${String((n * 7_919_993) % 1_000_000_000).padStart(9, "0")}`;

function toContact(n: number): IndexedClient {
  const written = n % 3 === 0 ? `${phoneOf(n)}; 8 495 ${String(n % 10_000_000).padStart(7, "0")}` : phoneOf(n);
  return {
    kind: "contact",
    id: n,
    name: `Иван Иванович Иванов-${n}`,
    responsibleUserId: 504_141 + (n % 20),
    companyId: null,
    phones: readPhoneKeys(written, "RU"),
    updatedAt: 1_750_000_000 + n,
  };
}

const toLead = (n: number): IndexedLead => ({
  id: 3_000_000 + n,
  name: `Сделка ${n}`,
  price: n,
  pipelineId: 3_177_727,
  statusId: 32_392_159,
  responsibleUserId: 504_141,
  clients: [{ kind: "contact", id: n }],
  updatedAt: 1_750_000_000,
});

const began = performance.now();
for (let first = 1; first <= contacts; first += PAGE) {
  const page = Array.from({ length: Math.min(PAGE, contacts - first + 1) }, (_, at) => first + at);
  await index.putClients(ACCOUNT, page.map(toContact), 1_750_000_000);
  await index.putLeads(ACCOUNT, page.filter((n) => n % 10 === 0).map(toLead), 1_750_000_000);
}
const seconds = (performance.now() - began) / 1000;
console.log(`${contacts} contacts in ${seconds.toFixed(0)} s: ${Math.round(contacts / seconds)} a second`);

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** @returns the 99th percentile, ms */
async function lookUp(what: string, numberOf: (n: number) => string, expected: 0 | 1): Promise<number> {
  const all: number[] = [];
  const undisturbed: number[] = [];
  for (let n = 0; n < LOOK_UPS; n++) {
    const number = numberOf(1 + ((n * 48_271) % contacts));
    const [asked, switches] = [performance.now(), process.resourceUsage().involuntaryContextSwitches];
    const found = await index.findByPhone(ACCOUNT, number);
    const took = performance.now() - asked;
    all.push(took);
    if (process.resourceUsage().involuntaryContextSwitches === switches) undisturbed.push(took);
    if (found.length !== expected) throw new Error(`${what} ${number}: ${found.length} clients`);
  }
  for (const list of [all, undisturbed]) list.sort((one, other) => one - other);
  const tell = (list: readonly number[]) =>
    [0.5, 0.99].map((share) => `${quantile(list, share).toFixed(3)} ms`).join(", ");
  const share = Math.round((100 * undisturbed.length) / all.length);
  console.log(`look-up, ${what}: p50, p99 ${tell(undisturbed)} (${share} % of them; all: ${tell(all)})`);
  return quantile(undisturbed, 0.99);
}

const known = await lookUp("known", phoneOf, 1);
const unknown = await lookUp("unknown", (n) => `+7800${String(n).padStart(7, "0")}`, 0);

await database.destroy();
console.log(`file: ${Math.round((await stat(path)).size / MEGABYTE)} MB`);
console.log(`memory: ${Math.round(process.memoryUsage().rss / MEGABYTE)} MB resident`);
if (directory !== null) await rm(directory, { recursive: true });
if (Math.max(known, unknown) > MOST_P99_MS) process.exitCode = 1;
