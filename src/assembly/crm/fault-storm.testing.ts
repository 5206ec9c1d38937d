/** amoCRM fails in every way it knows, at random, while calls come in. */
import { FAULT_KINDS, type FaultKind } from "../../../emulators/amocrm/stand/faults.ts";
import { AMOCRM_PACE } from "../../amocrm/rate-limit.ts";
import type { Call } from "../../calls/call.ts";
import { CLIENT_ID, end, endedCall, makeContacts, openWorld, settled } from "./world.testing.ts";

export interface StormFigures {
  readonly calls: number;
  /** Notes that carry the `uniq` of one of them. */
  readonly notes: number;
  readonly doubled: number;
  /** Clients whose notes do not stand in the order of their calls. */
  readonly disordered: number;
  readonly quarantined: number;
  readonly busiestSecond: number;
  /** Faults that amoCRM was asked to have. */
  readonly faults: number;
}

/** A stopped gate; the rest fails with the work done, or not. 401, 402 and 403 are of the account, and 204 of a reading. */
const KINDS = FAULT_KINDS.filter((kind) => !["401", "402", "403-json", "403-html", "204"].includes(kind));
/** Whoever is told so was stopped before anything was done. */
const GATE: readonly FaultKind[] = ["429-json", "429-html"];
/** amoCRM answers a request in a second; what takes longer than we wait is lost. */
const TIMEOUTS = { connectMs: 1_000, answerMs: 1_000 };
const SLOW_MS = 2_500;
/** A lost answer is looked for only once amoCRM can have ended it. */
const DOUBT_SETTLES_MS = 3_000;
/** Of so many writes one fails. */
const ONE_IN = 4;
const CALLS_AT_ONCE = 20;

/** @param seed the same calls and faults for the same seed */
export async function faultStorm(calls: number, seed: number): Promise<StormFigures> {
  await using stack = new AsyncDisposableStack();
  const world = await openWorld(stack, {
    pace: AMOCRM_PACE,
    settings: { silenceMs: () => 200, timeouts: TIMEOUTS },
    doubtSettlesMs: DOUBT_SETTLES_MS,
  });
  const { crm, database, stand } = world;
  let state = seed;
  const draw = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const phones = Array.from({ length: Math.max(calls / 20, 5) }, (_, n) => `+7916${String(n).padStart(7, "0")}`);
  await makeContacts(world, phones);
  stand.controls.clearRequests();

  const made: Call[] = [];
  let faults = 0;
  for (let first = 0; first < calls; first += CALLS_AT_ONCE) {
    const some = Array.from({ length: Math.min(CALLS_AT_ONCE, calls - first) }, () =>
      endedCall(phones[draw(phones.length)] ?? null, { direction: "outbound", did: null }),
    );
    for (let nth = 0; nth < some.length / ONE_IN; nth++) {
      const kind = KINDS[draw(KINDS.length)] ?? "500";
      const performed = !GATE.includes(kind) && draw(3) > 0;
      stand.controls.addFault({
        kind,
        performed,
        times: 1,
        ms: SLOW_MS,
        method: "POST",
        path: "/api/v4/contacts/notes",
      });
      faults++;
    }
    made.push(...some);
    await end(crm, database, ...some);
  }
  await settled(crm);

  const { account } = stand.controls;
  const nth = new Map(made.map(({ id }, at) => [id, at]));
  const notes = [...account.notes.values()].filter(({ params }) => nth.has(String(params["uniq"])));
  const perClient = Map.groupBy(notes, ({ entity_id }) => entity_id);
  const isDisordered = (order: readonly number[]) => order.some((at, place) => at < (order[place - 1] ?? 0));
  return {
    calls,
    notes: new Set(notes.map(({ params }) => params["uniq"])).size,
    doubled: notes.length - new Set(notes.map(({ params }) => params["uniq"])).size,
    disordered: [...perClient.values()].filter((ofOne) =>
      isDisordered(ofOne.toSorted((a, b) => a.id - b.id).map(({ params }) => nth.get(String(params["uniq"])) ?? 0)),
    ).length,
    quarantined: (await crm.outbox.summary()).quarantined,
    busiestSecond: stand.controls.busiestSecond(CLIENT_ID),
    faults,
  };
}
