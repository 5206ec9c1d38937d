/** The client index in SQL; whose a number is, it asks of `client-lookup.ts`. */
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { ChosenClients } from "../clients/chosen-clients.ts";
import type { Client, ClientDirectory } from "../clients/client.ts";
import type {
  ClientIndex,
  ClientRef,
  IndexedClient,
  IndexedLead,
  IndexPart,
  IndexProgress,
  Pipeline,
} from "../clients/client-index.ts";
import { readPhoneKey, toCrmPhone } from "../clients/phone-key.ts";
import { rank } from "../clients/rank.ts";
import { clientsWithNumber } from "./client-lookup.ts";
import { type Database, write, writeInBatches } from "./database.ts";
import type { Schema } from "./schema.ts";

export class SqlClientIndex implements ClientIndex, ClientDirectory, ChosenClients {
  readonly #database: Database;
  readonly #countryOf: (account: string) => string;

  /** @param countryOf ISO 3166 country in which the account's national numbers are read */
  constructor(database: Database, countryOf: (account: string) => string) {
    this.#database = database;
    this.#countryOf = countryOf;
  }

  async findByPhone(account: string, phone: string): Promise<readonly Client[]> {
    const country = this.#countryOf(account);
    const wanted = readPhoneKey(phone, country);
    if (wanted === undefined) return [];
    const clients = await clientsWithNumber(this.#database, account, wanted);
    const chosen = clients.length > 1 ? await this.#chosen(account, toCrmPhone(phone, country)) : undefined;
    return rank(clients, chosen);
  }

  /** Every number on these clients' cards, as intents spell them. */
  async phonesOf(account: string, clients: readonly ClientRef[]): Promise<readonly string[]> {
    const lists = await Promise.all(
      clients.map(({ kind, id }) =>
        this.#database
          .selectFrom("client_phone")
          .select(["e164", "national"])
          .where("account", "=", account)
          .where("kind", "=", kind)
          .where("client_id", "=", id)
          .execute(),
      ),
    );
    return lists.flat().map(({ e164, national }) => e164 ?? national);
  }

  async choose(account: string, phone: string, client: ClientRef, chosenAt: number): Promise<void> {
    const change = { kind: client.kind, client_id: client.id, chosen_at: chosenAt };
    await write(this.#database, (transaction) =>
      transaction
        .insertInto("chosen_client")
        .values({ account, phone: toCrmPhone(phone, this.#countryOf(account)), ...change })
        .onConflict((conflict) => conflict.columns(["account", "phone"]).doUpdateSet(change))
        .execute(),
    );
  }

  async putClients(account: string, clients: readonly IndexedClient[], seenAt: number): Promise<void> {
    const rows = eachOnce(clients, ({ kind, id }) => `${kind}${id}`);
    await writeInBatches(this.#database, rows, async (transaction, batch) => {
      const put = await transaction
        .insertInto("client")
        .values(
          batch.map(({ kind, id, name, responsibleUserId, companyId, updatedAt }) => ({
            account,
            kind,
            id,
            name,
            responsible_user_id: responsibleUserId,
            company_id: companyId,
            updated_at: toldAt(updatedAt, seenAt),
            seen_at: seenAt,
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(["account", "kind", "id"])
            .doUpdateSet(({ ref }) => ({
              name: ref("excluded.name"),
              responsible_user_id: ref("excluded.responsible_user_id"),
              company_id: ref("excluded.company_id"),
              updated_at: ref("excluded.updated_at"),
              seen_at: ref("excluded.seen_at"),
            }))
            .whereRef("client.updated_at", "<=", "excluded.updated_at"),
        )
        .returning(["kind", "id"])
        .execute();
      await dropPhones(transaction, account, put);
      const written = new Set(put.map(({ kind, id }) => `${kind}${id}`));
      const phones = batch
        .filter(({ kind, id }) => written.has(`${kind}${id}`))
        .flatMap(({ kind, id, phones }) => phones.map((phone) => ({ account, kind, client_id: id, ...phone })));
      if (phones.length > 0) await transaction.insertInto("client_phone").values(phones).execute();
    });
  }

  async dropClients(account: string, clients: readonly ClientRef[]): Promise<void> {
    await writeInBatches(this.#database, clients, async (transaction, batch) => {
      for (const [kind, ids] of idsByKind(batch)) {
        await transaction
          .deleteFrom("client")
          .where("account", "=", account)
          .where("kind", "=", kind)
          .where("id", "in", ids)
          .execute();
      }
      await dropPhones(transaction, account, batch);
    });
  }

  async putLeads(account: string, leads: readonly IndexedLead[], seenAt: number): Promise<void> {
    const rows = eachOnce(leads, ({ id }) => id);
    await writeInBatches(this.#database, rows, async (transaction, batch) => {
      const put = await transaction
        .insertInto("lead")
        .values(
          batch.map(({ id, name, price, pipelineId, statusId, responsibleUserId, updatedAt }) => ({
            account,
            id,
            name,
            price,
            pipeline_id: pipelineId,
            status_id: statusId,
            responsible_user_id: responsibleUserId,
            updated_at: toldAt(updatedAt, seenAt),
            seen_at: seenAt,
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(["account", "id"])
            .doUpdateSet(({ ref }) => ({
              name: ref("excluded.name"),
              price: ref("excluded.price"),
              pipeline_id: ref("excluded.pipeline_id"),
              status_id: ref("excluded.status_id"),
              responsible_user_id: ref("excluded.responsible_user_id"),
              updated_at: ref("excluded.updated_at"),
              seen_at: ref("excluded.seen_at"),
            }))
            .whereRef("lead.updated_at", "<=", "excluded.updated_at"),
        )
        .returning("id")
        .execute();
      const written = new Set(put.map(({ id }) => id));
      await dropLeadClients(transaction, account, [...written]);
      const links = batch
        .filter(({ id }) => written.has(id))
        .flatMap(({ id, clients }) =>
          clients.map((client) => ({ account, lead_id: id, kind: client.kind, client_id: client.id })),
        );
      if (links.length === 0) return;
      await transaction
        .insertInto("lead_client")
        .values(links)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }

  async dropLeads(account: string, ids: readonly number[]): Promise<void> {
    await writeInBatches(this.#database, ids, async (transaction, batch) => {
      await transaction.deleteFrom("lead").where("account", "=", account).where("id", "in", batch).execute();
      await dropLeadClients(transaction, account, batch);
    });
  }

  async seenAt(account: string, part: IndexPart, id: number): Promise<number | undefined> {
    const [entry] = await this.#entries(account, part, sql`id = ${id}`);
    return entry?.seen_at;
  }

  async nameOf(account: string, part: IndexPart, id: number): Promise<string | undefined> {
    const [entry] = await this.#entries(account, part, sql`id = ${id}`);
    return entry?.name;
  }

  async unseenSince(account: string, part: IndexPart, since: number): Promise<readonly number[]> {
    const entries = await this.#entries(account, part, sql`seen_at < ${since}`);
    return entries.map(({ id }) => id);
  }

  async #entries(account: string, part: IndexPart, condition: RawBuilder<unknown>): Promise<readonly Entry[]> {
    const ofPart = part === "leads" ? sql`lead where` : sql`client where kind = ${KINDS[part]} and`;
    const { rows } = await sql<Entry>`
      select id, name, seen_at from ${ofPart} account = ${account} and ${condition}`.execute(this.#database);
    return rows;
  }

  async putPipelines(account: string, pipelines: readonly Pipeline[]): Promise<void> {
    await write(this.#database, async (transaction) => {
      await transaction.deleteFrom("pipeline_status").where("account", "=", account).execute();
      await transaction.deleteFrom("pipeline").where("account", "=", account).execute();
      for (const [position, { id, name, isMain, isUnsortedOn, statuses }] of pipelines.entries()) {
        await transaction
          .insertInto("pipeline")
          .values({ account, id, name, position, is_main: Number(isMain), is_unsorted_on: Number(isUnsortedOn) })
          .execute();
        for (const [place, status] of statuses.entries()) {
          await transaction
            .insertInto("pipeline_status")
            .values({ account, pipeline_id: id, id: status.id, name: status.name, position: place })
            .execute();
        }
      }
    });
  }

  async pipelines(account: string): Promise<readonly Pipeline[]> {
    const pipelines = await this.#database
      .selectFrom("pipeline")
      .selectAll()
      .where("account", "=", account)
      .orderBy("position")
      .execute();
    const statuses = await this.#database
      .selectFrom("pipeline_status")
      .selectAll()
      .where("account", "=", account)
      .orderBy("position")
      .execute();
    return pipelines.map((pipeline) => ({
      id: pipeline.id,
      name: pipeline.name,
      isMain: pipeline.is_main === 1,
      isUnsortedOn: pipeline.is_unsorted_on === 1,
      statuses: statuses.filter((status) => status.pipeline_id === pipeline.id).map(({ id, name }) => ({ id, name })),
    }));
  }

  async progress(account: string, part: IndexPart): Promise<IndexProgress | undefined> {
    const row = await this.#database
      .selectFrom("index_progress")
      .selectAll()
      .where("account", "=", account)
      .where("part", "=", part)
      .executeTakeFirst();
    return (
      row && {
        nextPage: row.next_page,
        loaded: row.loaded,
        caughtUpTo: row.caught_up_to,
        sweptAt: row.swept_at,
      }
    );
  }

  async saveProgress(account: string, part: IndexPart, progress: IndexProgress): Promise<void> {
    const change = {
      next_page: progress.nextPage,
      loaded: progress.loaded,
      caught_up_to: progress.caughtUpTo,
      swept_at: progress.sweptAt,
    };
    await write(this.#database, (transaction) =>
      transaction
        .insertInto("index_progress")
        .values({ account, part, ...change })
        .onConflict((conflict) => conflict.columns(["account", "part"]).doUpdateSet(change))
        .execute(),
    );
  }

  async #chosen(account: string, phone: string): Promise<ClientRef | undefined> {
    const row = await this.#database
      .selectFrom("chosen_client")
      .select(["kind", "client_id"])
      .where("account", "=", account)
      .where("phone", "=", phone)
      .executeTakeFirst();
    return row && { kind: row.kind, id: row.client_id };
  }
}

/** A client of the CRM may write any time of change: what comes from the future is no newer than now. */
const toldAt = (updatedAt: number, seenAt: number): number => Math.min(updatedAt, seenAt);

const KINDS = { contacts: "contact", companies: "company" } as const;

/** What contacts, companies and leads have in common. */
interface Entry {
  readonly id: number;
  readonly name: string;
  readonly seen_at: number;
}

async function dropPhones(
  transaction: Transaction<Schema>,
  account: string,
  clients: readonly ClientRef[],
): Promise<void> {
  for (const [kind, ids] of idsByKind(clients)) {
    await transaction
      .deleteFrom("client_phone")
      .where("account", "=", account)
      .where("kind", "=", kind)
      .where("client_id", "in", ids)
      .execute();
  }
}

async function dropLeadClients(
  transaction: Transaction<Schema>,
  account: string,
  leadIds: readonly number[],
): Promise<void> {
  if (leadIds.length === 0) return;
  await transaction.deleteFrom("lead_client").where("account", "=", account).where("lead_id", "in", leadIds).execute();
}

function idsByKind(clients: readonly ClientRef[]): Map<ClientRef["kind"], number[]> {
  const byKind = Map.groupBy(clients, ({ kind }) => kind);
  return new Map([...byKind].map(([kind, some]) => [kind, some.map(({ id }) => id)]));
}

/** The newest of each: one statement writes a row only once. */
function eachOnce<T extends { readonly updatedAt: number }>(entities: readonly T[], keyOf: (each: T) => unknown): T[] {
  const newest = new Map<unknown, T>();
  for (const entity of entities) {
    const known = newest.get(keyOf(entity));
    if (known === undefined || known.updatedAt <= entity.updatedAt) newest.set(keyOf(entity), entity);
  }
  return [...newest.values()];
}
