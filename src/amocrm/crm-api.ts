/** The requests of amoCRM's API v4 that we make, by name. One line of knowledge each; no decisions. */
import { type CallNote, type CrmAccount, readAccount, readEmbedded, readNote, readRequestId } from "./answers.ts";
import type { CrmClient } from "./crm-client.ts";
import { CrmError } from "./crm-error.ts";
import type { Urgency } from "./rate-limit.ts";

/** The most that amoCRM gives on a page. */
export const PAGE_SIZE = 250;

/** Of a list that is read whole. A server that always names a next page must not hold us for ever. */
const MOST_PAGES = 40;

export interface Page {
  readonly entities: readonly unknown[];
  readonly hasNext: boolean;
}

export class CrmApi {
  readonly #client: CrmClient;
  readonly #urgency: Urgency;

  constructor(client: CrmClient, urgency: Urgency) {
    this.#client = client;
    this.#urgency = urgency;
  }

  /** The same requests, for somebody who waits. */
  as(urgency: Urgency): CrmApi {
    return new CrmApi(this.#client, urgency);
  }

  async account(): Promise<CrmAccount> {
    return readAccount(await this.#get("/api/v4/account"));
  }

  async page(collection: string, path: string, query: Readonly<Record<string, string>>, page = 1): Promise<Page> {
    const search = new URLSearchParams({ limit: String(PAGE_SIZE), page: String(page), ...query });
    return readEmbedded(await this.#get(`${path}?${search}`), collection);
  }

  /** All pages of a short list. */
  async all(collection: string, path: string): Promise<unknown[]> {
    const all: unknown[] = [];
    for (let page = 1; page <= MOST_PAGES; page++) {
      const { entities, hasNext } = await this.page(collection, path, {}, page);
      all.push(...entities);
      if (!hasNext) break;
    }
    return all;
  }

  /** undefined when there is no such entity (amoCRM answers 204, at some paths 404). */
  async entity(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    try {
      return await this.#get(`${path}?${new URLSearchParams(query)}`);
    } catch (error) {
      if (error instanceof CrmError && error.code === "crm/entity-gone") return undefined;
      throw error;
    }
  }

  async note(entityType: string, entityId: number, noteId: number): Promise<CallNote | undefined> {
    const json = await this.entity(`/api/v4/${entityType}/${entityId}/notes/${noteId}`);
    return json === undefined ? undefined : readNote(json);
  }

  /** Writes one entity; amoCRM takes and gives lists. @returns what `readOne` makes of the one it gave */
  create<T>(path: string, collection: string, entity: object, readOne: (json: unknown) => T): Promise<T> {
    return this.write("POST", path, [entity], (json) => readOne(readEmbedded(json, collection).entities[0]));
  }

  /**
   * Writes several entities at once, each under its place in the list.
   * @returns what `readOne` makes of each one that amoCRM says it has, by that place
   */
  createAll<T>(
    path: string,
    collection: string,
    entities: readonly object[],
    readOne: (json: unknown) => T,
  ): Promise<ReadonlyMap<number, T>> {
    const named = entities.map((entity, place) => ({ ...entity, request_id: String(place) }));
    return this.write("POST", path, named, (json) => {
      const created = readEmbedded(json, collection).entities;
      return new Map(created.map((one) => [readRequestId(one), readOne(one)]));
    });
  }

  /** @throws CrmError; when the answer cannot be read, what was asked for may have been done */
  async write<T>(method: "POST" | "PATCH", path: string, body: unknown, readAnswer: (json: unknown) => T): Promise<T> {
    const json = await this.#client.ask(this.#urgency, { method, path, body });
    try {
      return readAnswer(json);
    } catch (error) {
      if (!(error instanceof CrmError)) throw error;
      throw new CrmError(error.code, { ...error.context, mayHaveHappened: true }, error);
    }
  }

  #get(path: string): Promise<unknown> {
    return this.#client.ask(this.#urgency, { method: "GET", path });
  }
}
