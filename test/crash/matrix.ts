/**
 * The service dies at each boundary of a call in turn, and is started again. Whatever it was at, the CRM has the call
 * once afterwards, where it belongs, with its sound, and the journal tells one story.
 */
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { Call } from "../../src/calls/call.ts";
import { evolve } from "../../src/calls/evolve.ts";
import type { CallStory } from "../../src/calls/story.ts";
import { toCall } from "../../src/calls/told.ts";
import { SqlCallJournal } from "../../src/store/call-journal.ts";
import { openStore, type StorePlace } from "../../src/store/open-store.ts";
import { postgresUrl, startPostgres } from "../databases/private-server.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { Stage } from "../stage/stage.ts";
import type { DieAt } from "./dying-service.ts";
import { type Entry, SCENARIOS, type Scenario } from "./scenarios.ts";

const PROGRAM = fileURLToPath(new URL("./dying-service.ts", import.meta.url));
const API_KEY = "practice-key";
const TIME_ZONE = "Asia/Kathmandu";
const HEARD_WITHIN_MS = 60_000;
/** Longer than the service waits for the PBX's records of a call that it saw in part. */
const WHOLE_WITHIN_MS = 120_000;

export const STORES = ["sqlite", "postgres"] as const;

/** At the first boundary, and then at each `step`-th. */
export interface Tried {
  readonly first: number;
  readonly step: number;
}

export interface CrashResult {
  readonly store: (typeof STORES)[number];
  readonly scenario: string;
  /** Boundaries of a run in which nothing dies. */
  readonly boundaries: number;
  /** Runs in which the service died. */
  readonly died: number;
  /** What was not as it should be, in words. */
  readonly wrong: readonly string[];
}

/** A run passes some more boundaries than another: what is looked for from time to time falls into it or not. */
const LIVES_AT_THE_END = 2;

/**
 * The four calls beside each other, each in a company of its own: most of the time they wait.
 * @param tell called when a call has been through all of them
 */
export async function crashMatrix(
  store: (typeof STORES)[number],
  tried: Tried,
  tell: (result: CrashResult) => void = () => {},
): Promise<CrashResult[]> {
  return Promise.all(
    SCENARIOS.map(async (scenario) => {
      const result = await tryAll(store, scenario, tried);
      tell(result);
      return result;
    }),
  );
}

/** Until the call is over before the boundary is reached. */
async function tryAll(
  store: (typeof STORES)[number],
  scenario: Scenario,
  { first, step }: Tried,
): Promise<CrashResult> {
  await using stage = await CrashStage.start(store);
  const wrong: string[] = [];
  const lives: number[] = [];
  let died = 0;
  for (let boundary = first; lives.length < LIVES_AT_THE_END; boundary += step) {
    const run = await stage.run(scenario, boundary);
    if (run.diedAt === null) lives.push(run.passed);
    else died++;
    wrong.push(...run.wrong.map((each) => `${scenario.name} ${boundary} (${run.diedAt ?? "lived"}): ${each}`));
  }
  return { store, scenario: scenario.name, boundaries: Math.max(...lives), died, wrong };
}

interface Run {
  /** Boundaries that were passed. */
  readonly passed: number;
  /** What it was at when it died; null: it lived. */
  readonly diedAt: string | null;
  readonly wrong: readonly string[];
}

class CrashStage implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #pbx: EmulatedPbx;
  readonly #place: StorePlace;
  readonly #stack: AsyncDisposableStack;
  #runs = 0;

  private constructor(stage: Stage, pbx: EmulatedPbx, place: StorePlace, stack: AsyncDisposableStack) {
    this.#stage = stage;
    this.#pbx = pbx;
    this.#place = place;
    this.#stack = stack;
  }

  static async start(store: (typeof STORES)[number]): Promise<CrashStage> {
    await using stack = new AsyncDisposableStack();
    const databaseUrl = store === "postgres" ? postgresUrl(stack.use(await startPostgres())) : null;
    const rest = { apiKey: API_KEY, timeZone: TIME_ZONE, settleMs: 100 };
    const pbx = stack.use(await startEmulatedPbx({ rest, pace: 0.05 }));
    const url = `http://127.0.0.1:${pbx.emulator.restPort}`;
    const stage = stack.use(
      await Stage.start(pbx, {
        records: { kind: "mikopbx-rest", url, apiKey: API_KEY, timeZone: TIME_ZONE, lateSeconds: 1 },
        service: { program: PROGRAM, environment: databaseUrl === null ? {} : { DATABASE_URL: databaseUrl } },
      }),
    );
    return new CrashStage(stage, pbx, { path: stage.storePath, databaseUrl }, stack.move());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }

  async run(scenario: Scenario, boundary: number): Promise<Run> {
    const { service, crm } = this.#stage;
    const began = Date.now();
    const said = service.output.length;
    const before = new Set(scenario.written(crm).map(({ id }) => id));
    const news = () => scenario.written(crm).filter(({ id }) => !before.has(id));

    let revival: Promise<void> | undefined;
    using _ = service.died.add(() => {
      revival = this.#stage.restartService();
    });
    this.#tell({ boundary });
    await this.#until("it heard that it has to die", async () => service.output.slice(said).includes("armed at"));
    await scenario.play(this.#pbx, this.#runs++);
    let wrong = await this.#untilWhole(scenario, news, began);
    // What follows the last entry in the CRM may have been its death, too.
    this.#tell({ boundary: 0 });
    const isOver = async () => revival !== undefined || service.output.slice(said).includes("disarmed after");
    await this.#until("it is dead, or heard that it may live", isOver);
    await revival;
    if (revival !== undefined) wrong = await this.#untilWhole(scenario, news, began);

    const boundaries = [...service.output.slice(said).matchAll(/^boundary (\d+): (.+)$/gm)];
    const diedAt = revival === undefined ? null : (boundaries.at(-1)?.[2] ?? "before the first");
    return { passed: boundaries.length, diedAt, wrong };
  }

  #tell(message: DieAt): void {
    this.#stage.service.tell(message);
  }

  /** @returns what is still not right when it should have been for long */
  async #untilWhole(scenario: Scenario, news: () => Entry[], began: number): Promise<string[]> {
    let wrong: string[] = [];
    for (const end = Date.now() + WHOLE_WITHIN_MS; Date.now() < end; ) {
      wrong = await this.#wrongInCrm(news());
      // Not before: whoever looks into the file of a store holds up the one who starts on it.
      if (wrong.length === 0) wrong = await this.#wrongInStore(scenario, began);
      if (wrong.length === 0) return wrong;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return wrong;
  }

  async #wrongInCrm(news: readonly Entry[]): Promise<string[]> {
    const wrong: string[] = [];
    if (news.length !== 1) wrong.push(`${news.length} new entries in the CRM`);
    for (const { link } of news) if (link !== undefined && !(await isHeard(link))) wrong.push("its sound is not heard");
    const { doubledCalls, spreadCalls, doubledUnsorted } = this.#stage.crm.controls.invariants();
    for (const [what, found] of Object.entries({ doubledCalls, spreadCalls, doubledUnsorted }))
      if (found.length > 0) wrong.push(`${what}: ${JSON.stringify(found)}`);
    return wrong;
  }

  async #wrongInStore({ direction, disposition }: Scenario, began: number): Promise<string[]> {
    const database = await openStore(this.#place);
    try {
      const wrong: string[] = [];
      const rows = await database
        .selectFrom("call")
        .select("body")
        .where("started_at", ">=", began - 1_000)
        .execute();
      const calls = rows.map(({ body }) => JSON.parse(body) as Call).filter((call) => call.mergedInto === null);
      if (calls.length !== 1) wrong.push(`${calls.length} calls in the journal`);
      const journal = new SqlCallJournal(database, () => "main");
      for (const call of calls) {
        if (call.direction !== direction || call.disposition !== disposition)
          wrong.push(`the journal tells of it as ${call.direction} ${call.disposition}`);
        const story = (await journal.eventsOf(call.id)).reduce<CallStory | undefined>(evolve, undefined);
        if (story === undefined || !isDeepStrictEqual(JSON.parse(JSON.stringify(toCall(story))), call))
          wrong.push("the journal's events tell another story than its call");
      }
      const items = await database
        .selectFrom("outbox")
        .select(["kind", "state"])
        .where("state", "!=", "done")
        .execute();
      for (const { kind, state } of items) if (state !== "skipped") wrong.push(`${kind} is ${state}`);
      return wrong;
    } finally {
      await database.destroy();
    }
  }

  async #until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + HEARD_WITHIN_MS; !(await isTrue()); ) {
      if (Date.now() > end) throw new Error(`not in time: ${what}\n${this.#stage.service.output.slice(-5_000)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** While the service is dead nobody answers. */
async function isHeard(link: string): Promise<boolean> {
  const answer = await fetch(link, { headers: { range: "bytes=0-99" } }).catch(() => undefined);
  await answer?.body?.cancel();
  return answer?.status === 206 && answer.headers.get("content-type") === "audio/mpeg";
}
