/** amoCRM is away for three days in which the company goes on calling; then it is back. */

import { AMOCRM_PACE } from "../../amocrm/rate-limit.ts";
import type { Call } from "../../calls/call.ts";
import { CLIENT_ID, endedCall, makeContacts, openWorld, record, until } from "./world.testing.ts";

export interface OutageFigures {
  /** Calls that amoCRM has afterwards, each by its `uniq`, with its own time. */
  readonly written: number;
  readonly doubled: number;
  /** Requests of ours in the busiest second. */
  readonly busiestSecond: number;
  /** From the end of a new call until its note is there, while the backlog goes out. */
  readonly newCallMs: number;
  /** How much still waited then. */
  readonly waitingThen: number;
  readonly backlogMs: number;
  /** How many waited, each time somebody looked. */
  readonly progress: readonly number[];
}

/** Each look counts thousands of rows. */
const LOOK_EVERY_MS = 250;
const HOUR_MS = 3_600_000;
const OUTAGE_HOURS = 72;
/** Calls come in by so many at once, that a write of the journal holds several, as on a busy day. */
const CALLS_AT_ONCE = 50;

/** @param calls how many; a tenth as many clients call */
export async function outage(calls: number): Promise<OutageFigures> {
  await using stack = new AsyncDisposableStack();
  const world = await openWorld(stack, {
    // As in service: amoCRM's own pace. Probed each second, so that the soak need not wait for a patient probe.
    pace: AMOCRM_PACE,
    settings: { silenceMs: () => 1_000 },
  });
  const { crm, database, stand, clock } = world;
  const phones = Array.from({ length: Math.max(calls / 10, 10) }, (_, n) => `+7916${String(n).padStart(7, "0")}`);
  await makeContacts(world, phones);

  stand.controls.addFault({ kind: "reset", times: Number.POSITIVE_INFINITY });
  const made: Call[] = [];
  for (let first = 0; first < calls; first += CALLS_AT_ONCE) {
    const startedAt = clock.now();
    const some = Array.from({ length: Math.min(CALLS_AT_ONCE, calls - first) }, (_, n) =>
      endedCall(phones[(first + n) % phones.length] ?? null, {
        direction: "outbound",
        did: null,
        startedAt: startedAt + n * 1_000,
        endedAt: startedAt + n * 1_000 + 43_000,
      }),
    );
    made.push(...some);
    await record(database, ...some);
    crm.callsChanged();
    // They are told about before the hour moves on.
    await until(async () => (await crm.outbox.summary()).waiting === made.length);
    await clock.advance((OUTAGE_HOURS * HOUR_MS * CALLS_AT_ONCE) / calls);
  }

  stand.controls.clearRequests();
  stand.controls.clearFaults();
  const back = performance.now();
  await until(() => crm.amocrm.connection.state.state === "connected");
  await until(async () => (await crm.outbox.summary()).waiting < calls);
  const fresh = endedCall(phones[0] ?? null, { startedAt: clock.now() - 60_000, endedAt: clock.now() });
  // A client of its own: who calls again is behind his own backlog, for his calls keep their order.
  const newcomer = { ...fresh, client: "79001234567" };
  const ended = performance.now();
  await record(database, newcomer);
  crm.callsChanged();
  const notes = () =>
    [...stand.controls.account.notes.values()].filter(({ params }) => typeof params["uniq"] === "string");
  await until(() => notes().some(({ params }) => params["uniq"] === newcomer.id));
  const newCallMs = performance.now() - ended;
  const waitingThen = (await crm.outbox.summary()).waiting;
  const progress: number[] = [];
  await until(async () => {
    const { waiting } = await crm.outbox.summary();
    if (waiting !== progress.at(-1)) progress.push(waiting);
    return waiting === 0;
  }, LOOK_EVERY_MS);
  const backlogMs = performance.now() - back;

  const times = new Map(made.map(({ id, startedAt }) => [id, Math.floor(startedAt / 1000)]));
  const written = notes().filter(({ params, created_at }) => times.get(String(params["uniq"])) === created_at);
  const uniqs = new Set(written.map(({ params }) => params["uniq"]));
  return {
    written: uniqs.size,
    doubled: written.length - uniqs.size,
    busiestSecond: stand.controls.busiestSecond(CLIENT_ID),
    newCallMs,
    waitingThen,
    backlogMs,
    progress,
  };
}
