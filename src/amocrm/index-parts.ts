/** The parts of the client index: how each is asked for and what is kept of it. */
import type { ClientIndex, ClientRef, IndexPart } from "../clients/client-index.ts";
import type { Clock } from "../lib/clock.ts";
import { type ReadClient, type ReadLead, readClient, readEach, readLead } from "./answers.ts";
import type { CrmError } from "./crm-error.ts";
import { toSeconds } from "./unix-seconds.ts";

export interface PartKeeper {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /**
   * Puts what is there, drops what is no more.
   * @returns what was read, in its order; `updatedAt` in Unix seconds, never after now, whatever somebody has written
   */
  keep(entities: readonly unknown[]): Promise<{ readonly id: number; readonly updatedAt: number }[]>;
  drop(id: number): Promise<void>;
}

export interface KeeperDeps {
  readonly account: string;
  readonly country: string;
  readonly index: ClientIndex;
  readonly clock: Clock;
  readonly onUnreadable: (part: IndexPart, error: CrmError) => void;
}

export function partKeepers(deps: KeeperDeps): { readonly [Part in IndexPart]: PartKeeper } {
  return {
    companies: clientKeeper("companies", "company", {}, deps),
    contacts: clientKeeper("contacts", "contact", {}, deps),
    leads: leadKeeper(deps),
  };
}

function clientKeeper(
  part: IndexPart,
  kind: ClientRef["kind"],
  query: Readonly<Record<string, string>>,
  { account, country, index, clock, onUnreadable }: KeeperDeps,
): PartKeeper {
  return {
    path: `/api/v4/${part}`,
    query,
    async keep(entities) {
      const now = toSeconds(clock.now());
      const read = readEach(entities, readClient(kind, country), (error) => onUnreadable(part, error));
      await index.putClients(
        account,
        read.map(({ client }: ReadClient) => client).filter((client) => client !== null),
        now,
      );
      await index.dropClients(
        account,
        read.filter(({ client }) => client === null).map(({ ref }) => ref),
      );
      return read.map(({ ref, updatedAt }) => ({ id: ref.id, updatedAt: Math.min(updatedAt, now) }));
    },
    drop: (id) => index.dropClients(account, [{ kind, id }]),
  };
}

function leadKeeper({ account, index, clock, onUnreadable }: KeeperDeps): PartKeeper {
  return {
    path: "/api/v4/leads",
    // Without it a lead does not tell its contacts; its company it always tells.
    query: { with: "contacts" },
    async keep(entities) {
      const now = toSeconds(clock.now());
      const read = readEach(entities, readLead, (error) => onUnreadable("leads", error));
      await index.putLeads(
        account,
        read.map(({ lead }: ReadLead) => lead).filter((lead) => lead !== null),
        now,
      );
      await index.dropLeads(
        account,
        read.filter(({ lead }) => lead === null).map(({ id }) => id),
      );
      return read.map(({ id, updatedAt }) => ({ id, updatedAt: Math.min(updatedAt, now) }));
    },
    drop: (id) => index.dropLeads(account, [id]),
  };
}
