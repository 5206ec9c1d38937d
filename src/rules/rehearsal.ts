/**
 * What the rules would have made of calls, without making it: the same decision as for real calls, against a world that
 * remembers what earlier calls of the rehearsal would have changed. Pure.
 */
import type { Call } from "../calls/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import type { ClientRef, Pipeline } from "../clients/client-index.ts";
import type { Account } from "../directory/directory.ts";
import type { CrmIntent, CrmTarget } from "./intent.ts";
import { intentsFor } from "./intents-for.ts";
import type { Policy } from "./rule.ts";

/** How things stand before the first call. */
export interface RehearsalStart {
  readonly account: Account;
  readonly policy: Policy;
  readonly pipelines: readonly Pipeline[];
  readonly turns: ReadonlyMap<string, number>;
}

/** A call, with what is known of its client now. */
export interface RehearsalCall {
  readonly call: Call;
  readonly clients: readonly Client[];
  /** The call's own number, and then all others of the client, as intents spell them. */
  readonly clientKeys: readonly string[];
  /** `uniq`s of his tasks that stand open now. */
  readonly openTasks: readonly string[];
  /** He has an unsorted lead that nobody has decided on. */
  readonly isUndecided: boolean;
}

export interface RehearsedCall {
  readonly callId: string;
  /** Name of the rule that fitted; null when none did. */
  readonly rule: string | null;
  readonly skipped: string | null;
  /** What would be done, in its order. */
  readonly does: readonly CrmIntent["kind"][];
  /** Of these, what would find that it is there already. */
  readonly doublesAvoided: number;
  /** Nobody in amoCRM would have it in his statistics. */
  readonly isWithoutOwner: boolean;
}

export interface RehearsalSums {
  readonly calls: number;
  readonly notes: number;
  readonly unsorted: number;
  readonly contacts: number;
  readonly leads: number;
  readonly tasks: number;
  readonly tasksClosed: number;
  readonly doublesAvoided: number;
  readonly withoutOwner: number;
  /** Calls of which nothing is told, by the reason. */
  readonly skipped: Readonly<Record<string, number>>;
  /** Calls by the name of their rule. */
  readonly byRule: Readonly<Record<string, number>>;
}

export class Rehearsal {
  readonly #start: RehearsalStart;
  readonly #turns: Map<string, number>;
  /** By phone: contacts that would be made. */
  readonly #contacts = new Map<string, Client>();
  /** By client: leads that would be made. */
  readonly #leads = new Map<string, OpenLead>();
  /** By client: who would be made responsible. */
  readonly #responsible = new Map<string, number>();
  /** Phones of strangers who would be in «Неразобранное». */
  readonly #undecided = new Set<string>();
  /** By phone: tasks that would stand open. */
  readonly #tasks = new Map<string, string[]>();
  readonly #closed = new Set<string>();
  /** No card of the CRM has such an id. */
  #nextId = -1;
  readonly #sums = {
    calls: 0,
    notes: 0,
    unsorted: 0,
    contacts: 0,
    leads: 0,
    tasks: 0,
    tasksClosed: 0,
    doublesAvoided: 0,
    withoutOwner: 0,
  };
  readonly #skipped = new Map<string, number>();
  readonly #byRule = new Map<string, number>();

  constructor(start: RehearsalStart) {
    this.#start = start;
    this.#turns = new Map(start.turns);
  }

  get sums(): RehearsalSums {
    return { ...this.#sums, skipped: Object.fromEntries(this.#skipped), byRule: Object.fromEntries(this.#byRule) };
  }

  /** The next call, in the order of their ends. */
  take(given: RehearsalCall): RehearsedCall {
    const clients = this.#clientsNow(given);
    const decision = intentsFor(given.call, {
      ...this.#start,
      clients,
      recordingUrl: null,
      openTasks: this.#openTasks(given),
      turns: this.#turns,
    });
    const { rule, skipped, intents } = decision;
    this.#sums.calls++;
    if (rule !== null) count(this.#byRule, rule);
    if (skipped !== null) count(this.#skipped, skipped);
    if (decision.tookTurn && rule !== null) count(this.#turns, rule);
    const doublesAvoided = intents.filter((intent) => !this.#isNew(intent, given, clients)).length;
    const isWithoutOwner = intents.some(
      (intent) => (intent.kind === "log-call" || intent.kind === "add-unsorted") && intent.userId === null,
    );
    this.#sums.doublesAvoided += doublesAvoided;
    if (isWithoutOwner) this.#sums.withoutOwner++;
    const does = intents.map(({ kind }) => kind);
    return { callId: given.call.id, rule, skipped, does, doublesAvoided, isWithoutOwner };
  }

  /** Whoever is behind the number by now. */
  #clientsNow({ clients, clientKeys }: RehearsalCall): readonly Client[] {
    const made = clientKeys.flatMap((key) => this.#contacts.get(key) ?? []);
    return (clients.length > 0 ? clients : made).map((client) => {
      const lead = this.#leads.get(keyOf(client));
      const responsibleUserId = this.#responsible.get(keyOf(client)) ?? client.responsibleUserId;
      return { ...client, responsibleUserId, openLeads: lead ? [lead, ...client.openLeads] : client.openLeads };
    });
  }

  #openTasks({ openTasks, clientKeys }: RehearsalCall): string[] {
    const made = clientKeys.flatMap((key) => this.#tasks.get(key) ?? []);
    return [...openTasks, ...made].filter((uniq) => !this.#closed.has(uniq));
  }

  /** Changes the world as the intent would. False when it would find that what it wants is there. */
  #isNew(intent: CrmIntent, given: RehearsalCall, clients: readonly Client[]): boolean {
    switch (intent.kind) {
      case "log-call":
        this.#sums.notes++;
        return true;
      case "add-unsorted": {
        const { phone } = intent.call;
        const isUndecided = given.isUndecided || this.#undecided.has(phone);
        this.#undecided.add(phone);
        // One lead for a caller: the second call is a note of it.
        if (isUndecided) this.#sums.notes++;
        else this.#sums.unsorted++;
        return !isUndecided;
      }
      case "create-contact":
        // The contact of his unsorted lead is taken; the CRM hides it until somebody accepts the lead.
        if (given.isUndecided || this.#undecided.has(intent.phone)) return false;
        this.#sums.contacts++;
        this.#contacts.set(intent.phone, this.#contact(intent.name, intent.userId));
        return true;
      case "create-lead":
        this.#sums.leads++;
        for (const client of this.#ownersOf(intent.client, clients)) {
          this.#leads.set(keyOf(client), this.#lead(intent.name, intent.pipelineId, intent.userId));
        }
        return true;
      case "add-task": {
        const [phone = ""] = given.clientKeys;
        if (intent.closesItself) this.#tasks.set(phone, [...(this.#tasks.get(phone) ?? []), intent.uniq]);
        if (intent.standing !== null) return false;
        this.#sums.tasks++;
        return true;
      }
      case "close-tasks":
        // Of a client one stands open, however many calls it is about.
        this.#sums.tasksClosed++;
        for (const uniq of intent.tasks) this.#closed.add(uniq);
        return true;
      case "set-responsible":
        for (const client of this.#ownersOf(intent.entity, clients)) {
          this.#responsible.set(keyOf(client), intent.userId);
        }
        return true;
      default:
        return true;
    }
  }

  /** Whose card it is: one that is there, or one that this call has made. A lead's is nobody's. */
  #ownersOf(target: CrmTarget, clients: readonly Client[]): readonly ClientRef[] {
    if ("madeBy" in target) {
      const made = this.#contacts.get(target.phone);
      return made && target.madeBy.endsWith("/contact") ? [made] : [];
    }
    if (target.type === "leads") return [];
    const kind = target.type === "contacts" ? "contact" : "company";
    return clients.filter((client) => client.kind === kind && client.id === target.id);
  }

  #contact(name: string, responsibleUserId: number | null): Client {
    const id = this.#nextId--;
    return { kind: "contact", id, name, companyId: null, companyName: null, responsibleUserId, openLeads: [] };
  }

  #lead(name: string, pipelineId: number | null, responsibleUserId: number | null): OpenLead {
    const pipeline = this.#start.pipelines.find(({ id }) => id === pipelineId);
    return {
      id: this.#nextId--,
      name,
      price: null,
      pipelineId: pipelineId ?? 0,
      pipelineName: pipeline?.name ?? null,
      statusId: pipeline?.statuses[0]?.id ?? 0,
      statusName: null,
      responsibleUserId,
    };
  }
}

const keyOf = ({ kind, id }: ClientRef): string => `${kind}/${id}`;

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
