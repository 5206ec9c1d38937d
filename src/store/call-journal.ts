/** The call journal in SQL: events for ever, and beside them each call as it is now. */
import type { Call } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CallJournal, JournalEntry } from "../calls/journal.ts";
import type { CallArchive } from "../cdr/cdr-check.ts";
import { type Database, takeTurn, write } from "./database.ts";

/** SQLite binds at most 32,766 values in a statement; a row has six. */
const ROWS_A_STATEMENT = 500;

export class SqlCallJournal implements CallJournal, CallArchive {
  readonly #database: Database;
  readonly #accountOf: (pbx: string) => string;

  /** @param accountOf the account that owns a PBX connection */
  constructor(database: Database, accountOf: (pbx: string) => string) {
    this.#database = database;
    this.#accountOf = accountOf;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const events = entries.map(({ event, call }) => ({
      account: this.#accountOf(call.pbx),
      pbx: call.pbx,
      call_id: call.id,
      type: event.type,
      at: event.at,
      body: JSON.stringify(event),
    }));
    // Only the last state of each call is kept: the events tell the ones between.
    const calls = [...new Map(entries.map(({ call }) => [call.id, call])).values()].map((call) => ({
      id: call.id,
      account: this.#accountOf(call.pbx),
      pbx: call.pbx,
      started_at: call.startedAt,
      ended_at: call.endedAt,
      body: JSON.stringify(call),
    }));
    await write(this.#database, async (transaction) => {
      // The feed goes by `seq`: a lower one must never become visible after a higher one of the same account.
      for (const account of new Set(events.map((event) => event.account)))
        await takeTurn(transaction, `journal ${account}`);
      for (let first = 0; first < events.length; first += ROWS_A_STATEMENT) {
        await transaction
          .insertInto("call_event")
          .values(events.slice(first, first + ROWS_A_STATEMENT))
          .execute();
      }
      for (const call of calls) {
        await transaction
          .insertInto("call")
          .values(call)
          .onConflict((conflict) =>
            conflict
              .column("id")
              .doUpdateSet({ started_at: call.started_at, ended_at: call.ended_at, body: call.body }),
          )
          .execute();
      }
    });
  }

  async liveCalls(pbx: string): Promise<readonly { call: Call; events: readonly CallEvent[] }[]> {
    const calls = await this.#database
      .selectFrom("call")
      .select(["id", "body"])
      .where("pbx", "=", pbx)
      .where("ended_at", "is", null)
      .orderBy("started_at")
      .execute();
    return Promise.all(
      calls.map(async ({ id, body }) => ({
        call: JSON.parse(body) as Call, // written by append
        events: await this.eventsOf(id),
      })),
    );
  }

  async find(callId: string): Promise<Call | undefined> {
    const row = await this.#database.selectFrom("call").select("body").where("id", "=", callId).executeTakeFirst();
    return row && (JSON.parse(row.body) as Call); // written by append
  }

  async startedBetween(pbx: string, from: number, until: number): Promise<readonly Call[]> {
    const rows = await this.#database
      .selectFrom("call")
      .select("body")
      .where("pbx", "=", pbx)
      .where("started_at", ">=", from)
      .where("started_at", "<=", until)
      .orderBy("started_at")
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as Call); // written by append
  }

  async eventsOf(callId: string): Promise<readonly CallEvent[]> {
    const rows = await this.#database
      .selectFrom("call_event")
      .select("body")
      .where("call_id", "=", callId)
      .orderBy("seq")
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as CallEvent); // written by append
  }
}
