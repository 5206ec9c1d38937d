/**
 * The race of an interception: a client rings at 201 and, as his own client, at 204, and both answer within 300 ms of
 * each other, in either order. Whoever wins: exactly one of them talks to the client, no phone rings on, no channel is
 * left after the hang-up.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { PhoneRecipe } from "../../src/pbx/recipes.ts";
import { intercept } from "../live/interception.ts";
import { Office } from "../live/office.ts";
import { startAsteriskPbx } from "../stage/asterisk-pbx.ts";
import type { TestCall } from "../stage/pbx.ts";

export interface RaceOptions {
  readonly runs: number;
  readonly recipe: PhoneRecipe;
  /** Makes the answer times repeatable. */
  readonly seed: number;
}

export interface RaceResult {
  /** How often each of them had the client. */
  readonly wonBy: Readonly<Record<"201" | "204", number>>;
  /** What went wrong, one sentence a run. */
  readonly faults: readonly string[];
}

const SPREAD_MS = 300;
/** So soon after both have answered one of them must have the client for good. */
const SETTLED_MS = 4_000;

export async function raceInterceptions({ runs, recipe, seed }: RaceOptions): Promise<RaceResult> {
  await using pbx = await startAsteriskPbx();
  const [usual, responsible] = [await pbx.phone("201"), await pbx.phone("204")];
  await using office = await Office.open({ ami: pbx.ami, recipe, ringSeconds: 10 });
  using _interceptor = intercept(office, recipe, "204");
  const random = seeded(seed);
  const wonBy = { "201": 0, "204": 0 };
  const faults: string[] = [];
  for (let run = 0; run < runs; run++) {
    const offset = (random() * 2 - 1) * SPREAD_MS;
    try {
      const client = await pbx.clientCalls({ from: "79001234567", did: "74950003344" });
      const [theirs, his] = await Promise.all([usual.waitCall(), responsible.waitCall()]);
      await Promise.all([answerAfter(theirs, Math.max(0, offset)), answerAfter(his, Math.max(0, -offset))]);
      wonBy[await winner(client, theirs, his)]++;
      await client.hangUp();
      await Promise.all([theirs.untilEnded(), his.untilEnded()]);
      await office.idle();
      for (const end = Date.now() + SETTLED_MS; (await pbx.channels()) > 0; await pause(50)) {
        if (Date.now() > end) throw new Error(`${await pbx.channels()} channels are left`);
      }
    } catch (error) {
      faults.push(
        `run ${run}, 201 answers ${offset.toFixed(0)} ms after 204: ${error instanceof Error ? error.message : error}`,
      );
      await pbx.hangUpAll();
    }
  }
  return { wonBy, faults };
}

/** He may be too late to answer: the phone has been silenced. */
async function answerAfter(call: TestCall, ms: number): Promise<void> {
  await pause(ms);
  if (call.isRinging) await call.answer();
}

/** @throws when it is neither, or both */
async function winner(client: TestCall, theirs: TestCall, his: TestCall): Promise<"201" | "204"> {
  const first = await Promise.race([
    theirs.untilEnded().then(() => "204" as const),
    his.untilEnded().then(() => "201" as const),
    pause(SETTLED_MS).then(() => undefined),
  ]);
  if (first === undefined) throw new Error("both phones stay on the line");
  const talker = first === "204" ? his : theirs;
  await Promise.all([talker.untilHears(client), client.untilHears(talker)]);
  return first;
}

/** Mulberry32: small, and the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
