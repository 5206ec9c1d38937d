/** Decides what the CRM is told of an ended call. Pure: the same call and context give the same intents, for ever. */
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import type { Pipeline } from "../clients/client-index.ts";
import { isHidden, toCrmPhone } from "../clients/phone-key.ts";
import type { Account } from "../directory/directory.ts";
import { type Author, authorAt, authorOf, resultLine } from "./author.ts";
import { type Cards, cardsOf, choosePipeline, onlyLead, placesOf } from "./cards.ts";
import { fits } from "./fits.ts";
import type { CallFacts, CrmIntent, CrmTarget, LogCall } from "./intent.ts";
import { chooseResponsible, type Strategy } from "./responsible.ts";
import { ANY_CALL, type LogAction, NO_ACTIONS, type Policy, type Rule } from "./rule.ts";
import { fillTemplate, type TemplateValues } from "./template.ts";
import { templateValues } from "./template-values.ts";
import { addWorkingMinutes } from "./working-hours.ts";

export interface RuleContext {
  readonly account: Account;
  readonly policy: Policy;
  /** Everybody behind the call's number, best first. */
  readonly clients: readonly Client[];
  /** Empty while the CRM has not told them yet. */
  readonly pipelines: readonly Pipeline[];
  /** Where the call's recording is, or will be, heard. */
  readonly recordingUrl: string | null;
  /** `uniq`s of the tasks about this client's missed calls that stand open. */
  readonly openTasks: readonly string[];
  /** How often each rule has given work to the next in turn. */
  readonly turns: ReadonlyMap<string, number>;
}

/** Why the CRM is told nothing of a call. Shown to people. */
export type SkipReason =
  | "not-ended"
  /** It goes on in another call, which tells the whole. */
  | "merged"
  | "internal"
  | "short-number"
  /** No rule fits. */
  | "no-rule"
  /** The rule that fits wants nothing told. */
  | "by-rule"
  /** The rule wants a note, and there is no card for it. */
  | "no-card";

/** Either something to do, or the reason why there is nothing. */
export type Decision =
  | {
      readonly intents: readonly CrmIntent[];
      readonly skipped: null;
      /** Name of the rule that fitted; null when none did, and a conversation closes the client's tasks all the same. */
      readonly rule: string | null;
      /** Somebody had his turn by this rule. */
      readonly tookTurn: boolean;
    }
  | {
      readonly intents: readonly [];
      readonly skipped: SkipReason;
      readonly rule: string | null;
      readonly tookTurn: false;
    };

/** Two to six digits are a service or a colleague dialled through a trunk: nobody whose card could be kept. */
const SHORTEST_STRANGER = 7;

export function intentsFor(call: Call, context: RuleContext): Decision {
  const { account, clients, policy } = context;
  if (call.endedAt === null) return skip("not-ended");
  if (call.mergedInto !== null) return skip("merged");
  if (call.direction === "internal") return skip("internal");
  const phone = call.client === null || isHidden(call.client) ? "" : toCrmPhone(call.client, account.country);
  if (phone !== "" && clients.length === 0 && phone.length < SHORTEST_STRANGER) return skip("short-number");
  const rule = policy.rules.find(({ when }) => fits(call, when, { ...policy, account, clients }));
  const work = new RuleWork(call, phone, rule ?? NO_RULE, context);
  const intents = work.intents();
  if (intents.length > 0) return { intents, skipped: null, rule: rule?.name ?? null, tookTurn: work.tookTurn };
  if (rule === undefined) return skip("no-rule");
  return skip(rule.do.log === null ? "by-rule" : "no-card", rule.name);
}

const NO_RULE: Rule = { name: "", when: ANY_CALL, do: NO_ACTIONS, roundRobin: [] };

const skip = (skipped: SkipReason, rule: string | null = null): Decision => ({
  intents: [],
  skipped,
  rule,
  tookTurn: false,
});

/** What the CRM is told of a call whose client's number is known. */
export function toCallFacts(call: Call, country: string, recordingUrl: string | null): CallFacts {
  const { id, direction, disposition, did, startedAt, talkSeconds } = call;
  const phone = toCrmPhone(call.client ?? "", country);
  return { id, direction, disposition, did, startedAt, talkSeconds, phone, recordingUrl };
}

/** One rule at work on one call. */
class RuleWork {
  readonly #call: Call;
  readonly #phone: string;
  readonly #rule: Rule;
  readonly #context: RuleContext;
  readonly #author: Author;
  readonly #facts: CallFacts;
  readonly #values: TemplateValues;
  tookTurn = false;

  constructor(call: Call, phone: string, rule: Rule, context: RuleContext) {
    const { account, clients, recordingUrl } = context;
    this.#call = call;
    this.#phone = phone;
    this.#rule = rule;
    this.#context = context;
    this.#author = authorOf(call, account, clients[0]);
    this.#facts = toCallFacts(call, account.country, recordingUrl);
    this.#values = templateValues({ call, account, clients, author: this.#author, phone });
  }

  /** In the order in which they have to be done: what makes a card comes before what needs it. */
  intents(): CrmIntent[] {
    // Without a number there is no card: all that is left is to ask somebody to look.
    if (this.#phone === "") return this.#task(null);
    const made = this.#makeCards();
    const cards = made.cards;
    const [place] = placesOf(cards, this.#rule.do.log?.to ?? "lead-or-card");
    return [
      ...made.intents,
      // The unsorted call is its own note.
      ...(this.#rule.do.log === null || made.isUnsorted ? [] : this.#log(this.#rule.do.log, cards)),
      ...(place === undefined ? [] : this.#onCard(place, cards)),
      ...(place === undefined ? [] : this.#task(place)),
      ...this.#closeTasks(),
    ];
  }

  #makeCards(): { intents: CrmIntent[]; cards: Cards; isUnsorted: boolean } {
    const { do: wanted } = this.#rule;
    const { clients } = this.#context;
    const cards = cardsOf(clients);
    const isStranger = clients.length === 0;
    if (isStranger && wanted.unsorted !== null && this.#call.direction === "inbound") {
      return {
        intents: [this.#unsorted(wanted.unsorted)],
        cards: { ...cards, lead: this.#toBe(this.#call.id) },
        isUnsorted: true,
      };
    }
    const contact = isStranger && wanted.contact !== null ? this.#contact(wanted.contact) : null;
    const client: CrmTarget | null = contact ? this.#toBe(contact.uniq) : (cards.contact ?? cards.company);
    const hasLead = clients.some(({ openLeads }) => openLeads.length > 0);
    const lead = wanted.lead !== null && client !== null && !hasLead ? this.#lead(wanted.lead, client) : null;
    return {
      intents: [contact, lead].filter((intent) => intent !== null),
      cards: {
        lead: lead ? this.#toBe(lead.uniq) : cards.lead,
        contact: contact ? this.#toBe(contact.uniq) : cards.contact,
        company: cards.company,
      },
      isUnsorted: false,
    };
  }

  #unsorted({ name, pipelineId }: NonNullable<Rule["do"]["unsorted"]>): CrmIntent {
    const { account, pipelines } = this.#context;
    const pipeline = choosePipeline(this.#call, pipelineId, account, pipelines, (each) => each.isUnsortedOn);
    const { userId, calledName, extension } = this.#author;
    return {
      kind: "add-unsorted",
      uniq: this.#call.id,
      leadName: this.#fill(name),
      call: this.#facts,
      userId,
      calledName,
      pipelineId: pipeline?.id ?? null,
      result: resultLine(this.#call, extension, pipeline?.name ?? null),
    };
  }

  #contact({ name, responsible }: NonNullable<Rule["do"]["contact"]>) {
    const uniq = `${this.#call.id}/contact`;
    const userId = this.#responsible(responsible);
    return { kind: "create-contact", uniq, phone: this.#phone, name: this.#fill(name), userId } as const;
  }

  #lead({ name, pipelineId, statusId, responsible }: NonNullable<Rule["do"]["lead"]>, client: CrmTarget) {
    const { account, pipelines } = this.#context;
    return {
      kind: "create-lead",
      uniq: `${this.#call.id}/lead`,
      name: this.#fill(name),
      client,
      phone: this.#phone,
      pipelineId: choosePipeline(this.#call, pipelineId, account, pipelines)?.id ?? null,
      statusId,
      userId: this.#responsible(responsible),
    } as const;
  }

  #log({ to, per }: LogAction, cards: Cards): LogCall[] {
    const talks = per === "leg" ? this.#call.employees.filter(({ talkSeconds }) => talkSeconds > 0) : [];
    const parts =
      talks.length === 0
        ? [{ suffix: "", facts: this.#facts, author: this.#author }]
        : talks.map(({ extension, talkSeconds }) => ({
            suffix: `/leg-${extension}`,
            facts: { ...this.#facts, talkSeconds },
            author: authorAt(extension, this.#context.account),
          }));
    const pipelineName = onlyLead(this.#context.clients)?.pipelineName ?? null;
    return placesOf(cards, to).flatMap((entity, nth) =>
      parts.map(({ suffix, facts, author }): LogCall => {
        const { userId, calledName, extension } = author;
        return {
          kind: "log-call",
          uniq: `${this.#call.id}${suffix}${nth === 0 ? "" : `/copy-${nth}`}`,
          entity,
          call: facts,
          userId,
          calledName,
          result: resultLine(this.#call, extension, pipelineName),
          isCopy: nth > 0,
        };
      }),
    );
  }

  /** Tags, fields, responsible user. */
  #onCard(place: CrmTarget, cards: Cards): CrmIntent[] {
    const { tags, fields, responsible } = this.#rule.do;
    const phone = this.#phone;
    const intents: CrmIntent[] = [];
    if (tags.length > 0) intents.push({ kind: "tag-card", uniq: `${this.#call.id}/tags`, entity: place, phone, tags });
    for (const [of, all] of Map.groupBy(fields, (field) => field.of)) {
      const entity = cards[of];
      if (entity === null) continue;
      intents.push({
        kind: "set-fields",
        uniq: `${this.#call.id}/fields-${of}`,
        entity,
        phone,
        fields: all.map(({ fieldId, value }) => ({ fieldId, value: this.#fill(value) })),
      });
    }
    const userId = this.#responsible(responsible);
    if (userId !== null) {
      intents.push({ kind: "set-responsible", uniq: `${this.#call.id}/responsible`, entity: place, phone, userId });
    }
    return intents;
  }

  #task(entity: CrmTarget | null): CrmIntent[] {
    const { task } = this.#rule.do;
    if (task === null) return [];
    const { policy, account, openTasks } = this.#context;
    const closesItself = task.closesItself && entity !== null;
    const text = this.#fill(task.text);
    const endedAt = this.#call.endedAt ?? this.#call.startedAt;
    return [
      {
        kind: "add-task",
        uniq: `${this.#call.id}/task`,
        entity,
        phone: this.#phone,
        text,
        typeId: task.typeId,
        dueAt: addWorkingMinutes(policy.workingHours, account.timeZone, endedAt, task.dueMinutes),
        userId: this.#responsible(task.responsible),
        closesItself,
        // One open task for a client: who calls five times wants one call back. A conversation closes what stood open.
        standing:
          closesItself && openTasks.length > 0 && !this.#isConversation
            ? { tasks: openTasks, text: `${text} ${this.#fill(CALLED_AGAIN[account.language])}` }
            : null,
      },
    ];
  }

  get #isConversation(): boolean {
    const { disposition, talkSeconds } = this.#call;
    return disposition === "answered" && talkSeconds >= this.#context.policy.conversationSeconds;
  }

  #closeTasks(): CrmIntent[] {
    const { openTasks, account } = this.#context;
    if (openTasks.length === 0 || !this.#isConversation) return [];
    const text = fillTemplate(TALKED[account.language], this.#values);
    return [{ kind: "close-tasks", uniq: `${this.#call.id}/close-tasks`, tasks: openTasks, text }];
  }

  /** Whoever is asked for by a rule is the same one throughout it. */
  #responsible(strategies: readonly Strategy[]): number | null {
    const { account, policy, clients, turns } = this.#context;
    const { userId, tookTurn } = chooseResponsible(this.#call, strategies, {
      account,
      absences: policy.absences,
      clientUserId: clients[0]?.responsibleUserId ?? null,
      roundRobin: this.#rule.roundRobin,
      turns: turns.get(this.#rule.name) ?? 0,
    });
    this.tookTurn ||= tookTurn;
    return userId;
  }

  #toBe(uniq: string): CrmTarget {
    return { madeBy: uniq, phone: this.#phone };
  }

  #fill(template: string): string {
    return fillTemplate(template, this.#values);
  }
}

const CALLED_AGAIN = {
  ru: "(ещё звонок {date} {time})",
  en: "(called again on {date} at {time})",
} as const;

const TALKED = {
  ru: "Разговор {date} {time}: {employee}, {talk}",
  en: "Talked on {date} at {time}: {employee}, {talk}",
} as const;
