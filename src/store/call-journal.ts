/** The call journal in SQL: events for ever, and beside them each call as it is now. */
import type { Transaction } from "kysely";
import type { Call } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import type { CallJournal, CallMemory, JournalEntry } from "../calls/journal.ts";
import type { CallArchive } from "../cdr/cdr-check.ts";
import { type Database, takeTurn, write } from "./database.ts";
import type { Schema } from "./schema.ts";
import { StoreError, type StoreFailure } from "./store-error.ts";

/** SQLite binds at most 32,766 values in a statement; a row has six. */
const ROWS_A_STATEMENT = 500;

/** What was written may be there all the same. */
const UNANSWERED: ReadonlySet<StoreFailure> = new Set(["store/unreachable", "store/unsure"]);

export class SqlCallJournal implements CallJournal, CallArchive, CallMemory {
  readonly #database: Database;
  readonly #accountOf: (pbx: string) => string;
  /** Entries whose writing got no answer. */
  readonly #doubted = new WeakSet<JournalEntry>();

  /** @param accountOf the account that owns a PBX connection */
  constructor(database: Database, accountOf: (pbx: string) => string) {
    this.#database = database;
    this.#accountOf = accountOf;
  }

  async append(entries: readonly JournalEntry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      await write(this.#database, (transaction) => this.#append(transaction, entries));
    } catch (error) {
      if (error instanceof StoreError && UNANSWERED.has(error.code)) {
        for (const entry of entries) this.#doubted.add(entry);
      }
      throw error;
    }
  }

  async liveCalls(pbx: string): Promise<readonly { call: Call; events: readonly CallEvent[] }[]> {
    const calls = await this.#database
      .selectFrom("call")
      .select(["id", "body"])
      .where("pbx", "=", pbx)
      .where("ended_at", "is", null)
      .orderBy("started_at")
      .orderBy("id")
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

  async lastEnded(pbx: string, most: number): Promise<readonly Call[]> {
    const rows = await this.#database
      .selectFrom("call")
      .select("body")
      .where("account", "=", this.#accountOf(pbx)) // the index is by account
      .where("pbx", "=", pbx)
      .where("ended_at", "is not", null)
      .orderBy("started_at", "desc")
      .limit(most)
      .execute();
    return rows.map(({ body }) => JSON.parse(body) as Call).reverse(); // written by append
  }

  /** The last calls that rang at these extensions or were made from them, newest first, at most so many. */
  async lastOf(account: string, extensions: readonly string[], most: number): Promise<readonly Call[]> {
    if (extensions.length === 0) return [];
    const rows = await this.#database
      .selectFrom("call")
      .select("body")
      .where(
        "id",
        "in",
        (those) =>
          those
            .selectFrom("call_employee")
            .select("call_id")
            .where("account", "=", account)
            .where("extension", "in", extensions)
            .orderBy("started_at", "desc")
            .limit(most * extensions.length), // a call may have reached several of them
      )
      .orderBy("started_at", "desc")
      .limit(most)
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

  async #append(transaction: Transaction<Schema>, entries: readonly JournalEntry[]): Promise<void> {
    // The feed goes by `seq`: a lower one must never become visible after a higher one of the same account.
    const accounts = new Set(entries.map(({ call }) => this.#accountOf(call.pbx)));
    for (const account of [...accounts].sort()) await takeTurn(transaction, `journal ${account}`);
    const events = (await this.#withoutKept(transaction, entries)).map(({ event, call }) => ({
      account: this.#accountOf(call.pbx),
      pbx: call.pbx,
      call_id: call.id,
      type: event.type,
      at: event.at,
      body: JSON.stringify(event),
    }));
    for (const some of chunks(events)) await transaction.insertInto("call_event").values(some).execute();
    // Only the last state of each call is kept: the events tell the ones between.
    const calls = [...new Map(entries.map((entry) => [entry.call.id, entry.call])).values()];
    const rows = calls.map((call) => ({
      id: call.id,
      account: this.#accountOf(call.pbx),
      pbx: call.pbx,
      started_at: call.startedAt,
      ended_at: call.endedAt,
      body: JSON.stringify(call),
    }));
    for (const some of chunks(rows)) {
      await transaction
        .insertInto("call")
        .values(some)
        .onConflict((conflict) =>
          conflict.column("id").doUpdateSet(({ ref }) => ({
            started_at: ref("excluded.started_at"),
            ended_at: ref("excluded.ended_at"),
            body: ref("excluded.body"),
          })),
        )
        .execute();
    }
    await this.#noteEmployees(transaction, calls);
  }

  async #noteEmployees(transaction: Transaction<Schema>, calls: readonly Call[]): Promise<void> {
    const rows = calls.flatMap(({ id, pbx, startedAt, employees }) => {
      const extensions = [...new Set(employees.map(({ extension }) => extension))];
      const owner = { call_id: id, account: this.#accountOf(pbx), started_at: startedAt };
      return extensions.map((extension) => ({ ...owner, extension }));
    });
    for (const some of chunks(rows)) {
      await transaction
        .insertInto("call_employee")
        .values(some)
        .onConflict((conflict) =>
          conflict
            .columns(["call_id", "extension"])
            .doUpdateSet(({ ref }) => ({ started_at: ref("excluded.started_at") }))
            .whereRef("call_employee.started_at", "<>", "excluded.started_at"),
        )
        .execute();
    }
  }

  /** The server may have died after it had kept the entries, and before it said so: those are there already. */
  async #withoutKept(
    transaction: Transaction<Schema>,
    entries: readonly JournalEntry[],
  ): Promise<readonly JournalEntry[]> {
    const doubted = entries.filter((entry) => this.#doubted.has(entry));
    if (doubted.length === 0) return entries;
    const rows = await transaction
      .selectFrom("call_event")
      .select("body")
      .where("call_id", "in", [...new Set(doubted.map(({ call }) => call.id))])
      .execute();
    const kept = new Set(rows.map(({ body }) => body));
    return entries.filter((entry) => !(this.#doubted.has(entry) && kept.has(JSON.stringify(entry.event))));
  }
}

function* chunks<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let first = 0; first < rows.length; first += ROWS_A_STATEMENT) yield rows.slice(first, first + ROWS_A_STATEMENT);
}
