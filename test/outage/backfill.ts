/**
 * The service is killed while calls are going on, and is away for many more; then it starts again. Each call must be in
 * the journal once, as it was, its recording linked.
 */
import type { Call } from "../../src/calls/call.ts";
import type { TestPbx } from "../stage/pbx.ts";
import { beginRinging, beginTalk, type CallTruth, playCalls } from "./company-day.ts";
import type { WatchedService } from "./watched-service.ts";

export interface BackfillOptions {
  /** Calls while it is away. */
  readonly calls: number;
  readonly seed: number;
  /** When all calls have ended and nothing is started yet. */
  readonly beforeReturn?: () => void;
}

/** Figures of one service. */
export interface BackfillResult {
  readonly name: string;
  readonly calls: number;
  /** Calls that are in the journal exactly once, and as they were. */
  readonly right: number;
  /** What is in the journal and was not, or is in it twice. */
  readonly tooMany: number;
  /** Calls with sound whose recording is linked, of how many. */
  readonly linked: number;
  readonly recorded: number;
  /** Things that the CRM is to be told twice. */
  readonly toldTwice: number;
  /** In words, for each call that is not right. */
  readonly wrong: readonly string[];
}

const FIRST_BEFORE = 79_001_000_001;
const FIRST_STRADDLING = 79_002_000_001;
const FIRST_AWAY = 79_003_000_001;

export async function backfill(
  pbx: TestPbx,
  services: readonly WatchedService[],
  { calls, seed, beforeReturn }: BackfillOptions,
): Promise<BackfillResult[]> {
  for (const extension of ["201", "202", "203"]) await pbx.phone(extension);
  const all = (work: (service: WatchedService) => Promise<void>) => Promise.all(services.map(work));
  // One after another: a small machine that starts them all at once starts none in time.
  const startAll = async () => {
    for (const service of services) await service.start();
  };
  await startAll();
  const seen = await playCalls(pbx, 2, seed, FIRST_BEFORE);

  const straddling = [
    await beginTalk(pbx, String(FIRST_STRADDLING)),
    await beginRinging(pbx, String(FIRST_STRADDLING + 1)),
  ];
  await all((service) => service.until("it knows both calls", async () => (await service.callsLive()) === 2));
  await all((service) => service.kill());
  for (const call of straddling) await call.end();
  const away = await playCalls(pbx, calls, seed, FIRST_AWAY);
  beforeReturn?.();

  const truths = [...seen, ...straddling.map(({ truth }) => truth), ...away];
  await startAll();
  await all((service) => service.until("all calls are there", () => service.calls().length >= truths.length));
  await all((service) =>
    service.until("all of them are held against the records", () => service.verdicts().size >= truths.length),
  );
  const untilLinked = (wanted: readonly CallTruth[]) =>
    all((service) => {
      const audible = wanted.filter(hasSound).length;
      return service.until("the recordings are linked", () => service.linkedRecordings().size >= audible);
    });
  await untilLinked(truths);
  // Once more: whoever reads the same records again tells nothing twice.
  await all((service) => service.kill());
  await startAll();
  const later = await playCalls(pbx, 1, seed, FIRST_AWAY + calls);
  await all((service) => service.until("a later call", () => service.calls().length > truths.length));
  await untilLinked([...truths, ...later]);
  return services.map((service) => judge(service, [...truths, ...later]));
}

/** A colleague's call is recorded nowhere, and is nothing to the CRM. */
function hasSound({ direction, disposition }: CallTruth): boolean {
  return direction !== "internal" && disposition === "answered";
}

function judge(service: WatchedService, truths: readonly CallTruth[]): BackfillResult {
  const calls = service.calls();
  const told = calls.map((call) => inWords({ ...call, employees: talkers(call.employees) }));
  const left = [...told];
  const wrong: string[] = [];
  for (const truth of truths) {
    const at = left.indexOf(inWords(truth));
    if (at === -1) wrong.push(`not there: ${inWords(truth)}`);
    else left.splice(at, 1);
  }
  const linked = service.linkedRecordings();
  return {
    name: service.name,
    calls: truths.length,
    right: truths.length - wrong.length,
    tooMany: Math.max(0, told.length - truths.length),
    linked: linked.size,
    recorded: truths.filter(hasSound).length,
    toldTwice: service.toldTwice().length,
    wrong: [
      ...wrong,
      ...left.map((each) => `too much: ${each}`),
      ...service.differences().map((each) => `differs: ${each}`),
    ],
  };
}

type Told = Pick<CallTruth, "direction" | "client" | "employees"> & { readonly disposition: Call["disposition"] };

/** Master.csv has no column for the line: it is compared where it is told. */
function inWords({ direction, client, disposition, employees }: Told): string {
  return `${direction} ${client ?? "-"} ${disposition} [${[...employees].sort().join(",")}]`;
}

function talkers(shares: readonly { readonly extension: string; readonly talkSeconds: number }[]): string[] {
  return shares.filter(({ talkSeconds }) => talkSeconds > 0).map(({ extension }) => extension);
}
