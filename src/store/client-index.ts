/** The client index in SQL, and the directory that is read from it. */
import { sql, type Transaction } from "kysely";
import type { Client, ClientDirectory, OpenLead } from "../clients/client.ts";
import type {
  ClientIndex,
  ClientRef,
  IndexedClient,
  IndexedLead,
  IndexPart,
  IndexProgress,
  Pipeline,
} from "../clients/client-index.ts";
import { readPhoneKey, sameNumber } from "../clients/phone-key.ts";
import { rank } from "../clients/rank.ts";
import type { Schema } from "./schema.ts";
import type { Database } from "./sqlite.ts";
import { StoreError } from "./store-error.ts";

export class SqlClientIndex implements ClientIndex, ClientDirectory {
  readonly #database: Database;
  readonly #countryOf: (account: string) => string;

  /** @param countryOf ISO 3166 country in which the account's national numbers are read */
  constructor(database: Database, countryOf: (account: string) => string) {
    this.#database = database;
    this.#countryOf = countryOf;
  }

  async findByPhone(account: string, phone: string): Promise<readonly Client[]> {
    const wanted = readPhoneKey(phone, this.#countryOf(account));
    if (wanted === undefined) return [];
    const rows = await this.#database
      .selectFrom("client_phone as phone")
      .innerJoin("client", (join) =>
        join
          .onRef("client.account", "=", "phone.account")
          .onRef("client.kind", "=", "phone.kind")
          .onRef("client.id", "=", "phone.client_id"),
      )
      .leftJoin("client as company", (join) =>
        join
          .onRef("company.account", "=", "client.account")
          .on("company.kind", "=", "company")
          .onRef("company.id", "=", "client.company_id"),
      )
      .select(["client.kind", "client.id", "client.name", "client.responsible_user_id"])
      .select(["phone.e164", "phone.national", "company.name as company_name"])
      .where("phone.account", "=", account)
      .where("phone.national", "=", wanted.national)
      .execute();
    const matches = rows.filter((row) => sameNumber(row, wanted));
    // A number known whole beats one that only may be it.
    const exact = matches.filter((row) => row.e164 !== null && row.e164 === wanted.e164);
    const best = new Map((exact.length > 0 ? exact : matches).map((row) => [`${row.kind}${row.id}`, row]));
    const clients = [...best.values()].map(
      async (row): Promise<Client> => ({
        kind: row.kind,
        id: row.id,
        name: row.name,
        companyName: row.company_name,
        responsibleUserId: row.responsible_user_id,
        openLeads: await this.#openLeads(account, row),
      }),
    );
    return rank(await Promise.all(clients));
  }

  async putClients(account: string, clients: readonly IndexedClient[]): Promise<void> {
    await this.#write(async (transaction) => {
      for (const { kind, id, name, responsibleUserId, companyId, phones, updatedAt } of clients) {
        const change = {
          name,
          responsible_user_id: responsibleUserId,
          company_id: companyId,
          updated_at: updatedAt,
        };
        const put = await transaction
          .insertInto("client")
          .values({ account, kind, id, ...change })
          .onConflict((conflict) =>
            conflict.columns(["account", "kind", "id"]).doUpdateSet(change).where("client.updated_at", "<=", updatedAt),
          )
          .returning("id")
          .executeTakeFirst();
        if (put === undefined) continue;
        await dropPhones(transaction, account, { kind, id });
        for (const { national, e164 } of phones) {
          await transaction
            .insertInto("client_phone")
            .values({ account, kind, client_id: id, national, e164 })
            .execute();
        }
      }
    });
  }

  async dropClients(account: string, clients: readonly ClientRef[]): Promise<void> {
    await this.#write(async (transaction) => {
      for (const { kind, id } of clients) {
        await transaction
          .deleteFrom("client")
          .where("account", "=", account)
          .where("kind", "=", kind)
          .where("id", "=", id)
          .execute();
        await dropPhones(transaction, account, { kind, id });
      }
    });
  }

  async putLeads(account: string, leads: readonly IndexedLead[]): Promise<void> {
    await this.#write(async (transaction) => {
      for (const { id, name, price, pipelineId, statusId, responsibleUserId, clients, updatedAt } of leads) {
        const change = {
          name,
          price,
          pipeline_id: pipelineId,
          status_id: statusId,
          responsible_user_id: responsibleUserId,
          updated_at: updatedAt,
        };
        const put = await transaction
          .insertInto("lead")
          .values({ account, id, ...change })
          .onConflict((conflict) =>
            conflict.columns(["account", "id"]).doUpdateSet(change).where("lead.updated_at", "<=", updatedAt),
          )
          .returning("id")
          .executeTakeFirst();
        if (put === undefined) continue;
        await dropLeadClients(transaction, account, id);
        for (const client of clients) {
          await transaction
            .insertInto("lead_client")
            .values({ account, lead_id: id, kind: client.kind, client_id: client.id })
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
      }
    });
  }

  async dropLeads(account: string, ids: readonly number[]): Promise<void> {
    await this.#write(async (transaction) => {
      for (const id of ids) {
        await transaction.deleteFrom("lead").where("account", "=", account).where("id", "=", id).execute();
        await dropLeadClients(transaction, account, id);
      }
    });
  }

  async putPipelines(account: string, pipelines: readonly Pipeline[]): Promise<void> {
    await this.#write(async (transaction) => {
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
    return row && { nextPage: row.next_page, loaded: row.loaded, caughtUpTo: row.caught_up_to };
  }

  async saveProgress(account: string, part: IndexPart, progress: IndexProgress): Promise<void> {
    const change = { next_page: progress.nextPage, loaded: progress.loaded, caught_up_to: progress.caughtUpTo };
    await this.#write((transaction) =>
      transaction
        .insertInto("index_progress")
        .values({ account, part, ...change })
        .onConflict((conflict) => conflict.columns(["account", "part"]).doUpdateSet(change))
        .execute(),
    );
  }

  async #openLeads(account: string, client: ClientRef): Promise<readonly OpenLead[]> {
    const rows = await this.#database
      .selectFrom("lead_client as link")
      .innerJoin("lead", (join) =>
        join.onRef("lead.account", "=", "link.account").onRef("lead.id", "=", "link.lead_id"),
      )
      .leftJoin("pipeline", (join) =>
        join.onRef("pipeline.account", "=", "lead.account").onRef("pipeline.id", "=", "lead.pipeline_id"),
      )
      .leftJoin("pipeline_status as status", (join) =>
        join
          .onRef("status.account", "=", "lead.account")
          .onRef("status.pipeline_id", "=", "lead.pipeline_id")
          .onRef("status.id", "=", "lead.status_id"),
      )
      .select(["lead.id", "lead.name", "lead.price", "lead.pipeline_id", "lead.status_id", "lead.responsible_user_id"])
      .select(["pipeline.name as pipeline_name", "status.name as status_name"])
      .where("link.account", "=", account)
      .where("link.kind", "=", client.kind)
      .where("link.client_id", "=", client.id)
      .orderBy(sql`lead.id`, "desc")
      .execute();
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      price: row.price,
      pipelineId: row.pipeline_id,
      pipelineName: row.pipeline_name,
      statusId: row.status_id,
      statusName: row.status_name,
      responsibleUserId: row.responsible_user_id,
    }));
  }

  async #write<T>(work: (transaction: Transaction<Schema>) => Promise<T>): Promise<T> {
    try {
      return await this.#database.transaction().execute(work);
    } catch (error) {
      throw StoreError.from(error);
    }
  }
}

async function dropPhones(transaction: Transaction<Schema>, account: string, { kind, id }: ClientRef): Promise<void> {
  await transaction
    .deleteFrom("client_phone")
    .where("account", "=", account)
    .where("kind", "=", kind)
    .where("client_id", "=", id)
    .execute();
}

async function dropLeadClients(transaction: Transaction<Schema>, account: string, leadId: number): Promise<void> {
  await transaction.deleteFrom("lead_client").where("account", "=", account).where("lead_id", "=", leadId).execute();
}
