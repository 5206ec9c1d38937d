/**
 * What is kept here of the CRM's contacts, companies and open leads, so that a ringing phone needs no request to it.
 * Written by `amocrm/` (first load, webhooks, catch-up), read by whoever asks `ClientDirectory`.
 */
import type { Client } from "./client.ts";
import type { PhoneKey } from "./phone-key.ts";

export type ClientRef = Pick<Client, "kind" | "id">;

export interface IndexedClient extends ClientRef {
  readonly name: string;
  readonly responsibleUserId: number | null;
  /** Company of a contact; its name is looked up, so that renaming the company is enough. */
  readonly companyId: number | null;
  readonly phones: readonly PhoneKey[];
  /** Unix seconds, as the CRM tells them. */
  readonly updatedAt: number;
}

/** An open lead. Won, lost and deleted ones are not kept. */
export interface IndexedLead {
  readonly id: number;
  readonly name: string;
  readonly price: number | null;
  readonly pipelineId: number;
  readonly statusId: number;
  readonly responsibleUserId: number | null;
  readonly clients: readonly ClientRef[];
  /** Unix seconds, as the CRM tells them. */
  readonly updatedAt: number;
}

export interface Pipeline {
  readonly id: number;
  readonly name: string;
  readonly isMain: boolean;
  /** Does it take unsorted leads? */
  readonly isUnsortedOn: boolean;
  readonly statuses: readonly { readonly id: number; readonly name: string }[];
}

/** The parts of the index, in the order they are loaded. */
export const INDEX_PARTS = ["companies", "contacts", "leads"] as const;
export type IndexPart = (typeof INDEX_PARTS)[number];

/** How far one part is. The first load goes on from here after a restart. */
export interface IndexProgress {
  /** Next page of the first load, from 1; null once it is finished. */
  readonly nextPage: number | null;
  /** Entities read in the first load. */
  readonly loaded: number;
  /** Unix seconds: everything the CRM changed until then is here. */
  readonly caughtUpTo: number;
  /** Unix seconds: when all of it was last walked through; what was deleted before is gone from here. 0: never. */
  readonly sweptAt: number;
}

/**
 * Implemented by `store/`. An older version of an entity never replaces a newer one, and none is newer than `seenAt`: when
 * the CRM told us of them, Unix seconds.
 */
export interface ClientIndex {
  putClients(account: string, clients: readonly IndexedClient[], seenAt: number): Promise<void>;
  dropClients(account: string, clients: readonly ClientRef[]): Promise<void>;
  putLeads(account: string, leads: readonly IndexedLead[], seenAt: number): Promise<void>;
  dropLeads(account: string, ids: readonly number[]): Promise<void>;
  /** When the CRM last told us of it; undefined when it is not in the index. */
  seenAt(account: string, part: IndexPart, id: number): Promise<number | undefined>;
  /** Its name; undefined when it is not in the index. */
  nameOf(account: string, part: IndexPart, id: number): Promise<string | undefined>;
  /** Ids of what the CRM has not told us of since then. */
  unseenSince(account: string, part: IndexPart, since: number): Promise<readonly number[]>;
  /** Replaces all of the account's pipelines. */
  putPipelines(account: string, pipelines: readonly Pipeline[]): Promise<void>;
  pipelines(account: string): Promise<readonly Pipeline[]>;
  progress(account: string, part: IndexPart): Promise<IndexProgress | undefined>;
  saveProgress(account: string, part: IndexPart, progress: IndexProgress): Promise<void>;
}
