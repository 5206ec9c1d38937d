/** States of recordings in SQL. */
import type { Mp3, Owned, Pending, Ready, Recording, RecordingStore } from "../recordings/recording.ts";
import type { Database } from "./database.ts";
import { StoreError } from "./store-error.ts";

const COLUMNS = ["call_id", "account", "pbx", "since", "body"] as const;

interface Row {
  readonly call_id: string;
  readonly account: string;
  readonly pbx: string;
  readonly since: number;
  readonly body: string;
}

export class SqlRecordingStore implements RecordingStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(callId: string): Promise<Recording | undefined> {
    const row = await this.#database
      .selectFrom("recording")
      .select(COLUMNS)
      .where("call_id", "=", callId)
      .executeTakeFirst();
    return row && toOwned(row).recording;
  }

  async ownerOf(callId: string): Promise<{ account: string; pbx: string } | undefined> {
    return await this.#database
      .selectFrom("recording")
      .select(["account", "pbx"])
      .where("call_id", "=", callId)
      .executeTakeFirst();
  }

  async save(account: string, pbx: string, recording: Recording): Promise<void> {
    const cached_bytes = cachedOf(recording)?.bytes ?? 0;
    const { callId: call_id, state, since } = recording;
    const change = { state, cached_bytes, since, body: JSON.stringify(recording) };
    try {
      await this.#database
        .insertInto("recording")
        .values({ call_id, account, pbx, heard_at: since, ...change })
        .onConflict((conflict) => conflict.column("call_id").doUpdateSet(change))
        .execute();
    } catch (error) {
      throw StoreError.from(error);
    }
  }

  async pending(): Promise<readonly Owned<Pending>[]> {
    const rows = await this.#database
      .selectFrom("recording")
      .select(COLUMNS)
      .where("state", "=", "pending")
      .orderBy("since")
      .execute();
    return rows.map((row) => toOwned<Pending>(row));
  }

  async cachedBytes(): Promise<number> {
    const { bytes } = await this.#database
      .selectFrom("recording")
      .select(({ fn }) => fn.sum<number | string | null>("cached_bytes").as("bytes"))
      .where("cached_bytes", ">", 0)
      .executeTakeFirstOrThrow();
    return Number(bytes ?? 0); // PostgreSQL gives sums as texts
  }

  async heard(callId: string, at: number): Promise<void> {
    await this.#database.updateTable("recording").set({ heard_at: at }).where("call_id", "=", callId).execute();
  }

  async leastHeard(offset: number, limit: number): Promise<readonly Owned<Ready>[]> {
    const rows = await this.#database
      .selectFrom("recording")
      .select(COLUMNS)
      .where("cached_bytes", ">", 0)
      .where("state", "=", "ready")
      .orderBy("heard_at")
      .orderBy("call_id")
      .offset(offset)
      .limit(limit)
      .execute();
    return rows.map((row) => toOwned<Ready>(row));
  }

  async olderThan(before: number, limit: number): Promise<readonly Owned<Ready>[]> {
    const rows = await this.#database
      .selectFrom("recording")
      .select(COLUMNS)
      .where("since", "<", before)
      .where("since", ">", 0) // kept before there was this column
      .where("state", "=", "ready")
      .orderBy("since")
      .limit(limit)
      .execute();
    return rows.map((row) => toOwned<Ready>(row));
  }

  async list(account: string, state: Recording["state"] | undefined, limit: number): Promise<readonly Owned[]> {
    let query = this.#database.selectFrom("recording").select(COLUMNS).where("account", "=", account);
    if (state !== undefined) query = query.where("state", "=", state);
    const rows = await query.orderBy("since", "desc").orderBy("call_id").limit(limit).execute();
    return rows.map((row) => toOwned(row));
  }
}

/** What of it lies in the cache. */
function cachedOf(recording: Recording): Mp3 | null {
  if (recording.state === "ready") return recording.isCached ? recording.mp3 : null;
  return recording.state === "pending" ? recording.meanwhile : null;
}

function toOwned<R extends Recording = Recording>({ account, pbx, since, call_id, body }: Row): Owned<R> {
  const kept = JSON.parse(body) as Recording | Early; // written by save
  const recording = "linkedids" in kept ? kept : fromEarly(kept, call_id, since);
  return { account, pbx, recording: recording as R };
}

/** As it was written before the cache had a quota: without what is needed to look for it again. */
type Early =
  | { readonly state: "pending"; readonly parts: readonly string[]; readonly since: number }
  | { readonly state: "ready"; readonly mp3: string; readonly bytes: number }
  | { readonly state: "none" }
  | ({ readonly state: "lost" } & Pick<Recording & { state: "lost" }, "reason">);

function fromEarly(early: Early, callId: string, since: number): Recording {
  const common = { callId, parts: [], linkedids: [], since };
  switch (early.state) {
    case "pending": {
      const parts = early.parts.map((file, at) => ({ file, startedAt: early.since + at }));
      const { since: soughtSince } = early;
      return { ...common, since: soughtSince, parts, state: "pending", soughtSince, waitsFor: null, meanwhile: null };
    }
    case "ready": {
      // 32 kbit/s, as all were made.
      const mp3 = { file: early.mp3, bytes: early.bytes, seconds: (early.bytes * 8) / 32_000 };
      return { ...common, state: "ready", mp3, missing: 0, isCached: true };
    }
    case "none":
      return { ...common, state: "none" };
    case "lost":
      return { ...common, state: "lost", reason: early.reason };
  }
}
