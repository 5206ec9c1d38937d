/**
 * What an account wants the CRM to be told, as data: an ordered list of rules, the first of which that fits a call
 * decides. Nothing here is code, so that it can be written in the settings, shown, and rehearsed.
 */
import type { CallResult } from "./call-result.ts";
import type { Strategy } from "./responsible.ts";
import type { WorkingHours } from "./working-hours.ts";

/** Everything that is asked must hold; what is null, or an empty list, is not asked. */
export interface RuleConditions {
  readonly direction: "inbound" | "outbound" | null;
  /** One of these. */
  readonly results: readonly CallResult[];
  /** Is somebody in the CRM behind the number? */
  readonly client: "known" | "unknown" | null;
  /** true: for callers who hide their number, and for them only. */
  readonly anonymous: boolean;
  readonly dids: readonly string[];
  readonly queues: readonly string[];
  /** One of these rang or talked. */
  readonly extensions: readonly string[];
  /** Did the call begin within the working hours? */
  readonly hours: "working" | "outside" | null;
  readonly openLead: "yes" | "no" | null;
  /** The client has an open lead in one of these. */
  readonly pipelineIds: readonly number[];
  readonly statusIds: readonly number[];
  readonly talkSeconds: { readonly atLeast: number | null; readonly atMost: number | null };
  /** The client's number is one of these, in any spelling. */
  readonly numbers: readonly string[];
}

/** Each is done unless null or empty; a rule that does nothing keeps the call out of the CRM. */
export interface RuleActions {
  readonly log: LogAction | null;
  readonly unsorted: UnsortedAction | null;
  /** Only when nobody is known by the number. */
  readonly contact: ContactAction | null;
  /** Only when the client has no open lead. */
  readonly lead: LeadAction | null;
  readonly task: TaskAction | null;
  /** Added to the card that takes the note. */
  readonly tags: readonly string[];
  readonly fields: readonly FieldAction[];
  /** Makes this user responsible for the card that takes the note. */
  readonly responsible: readonly Strategy[];
}

export interface LogAction {
  /**
   * `lead-or-card`: amoCRM's own rule, the only open lead, else the card · `card`: contact or company ·
   * `everywhere`: lead, contact and company, of which «Аналитика → Звонки» counts one.
   */
  readonly to: "lead-or-card" | "card" | "everywhere";
  /** `leg`: a note for each employee who talked. */
  readonly per: "call" | "leg";
}

export interface UnsortedAction {
  /** Template. */
  readonly name: string;
  /** null: the line's, else the account's, else the main one. */
  readonly pipelineId: number | null;
}

export interface ContactAction {
  /** Template. */
  readonly name: string;
  readonly responsible: readonly Strategy[];
}

export interface LeadAction {
  /** Template. */
  readonly name: string;
  /** null: the line's, else the account's, else the main one. */
  readonly pipelineId: number | null;
  /** null: the pipeline's first stage. */
  readonly statusId: number | null;
  readonly responsible: readonly Strategy[];
}

export interface TaskAction {
  /** Template. */
  readonly text: string;
  /** From the call's end, in working hours. */
  readonly dueMinutes: number;
  /** amoCRM's: 1 is «Связаться». */
  readonly typeId: number;
  readonly responsible: readonly Strategy[];
  /** It is closed when anybody has a real conversation with the client, whoever called. */
  readonly closesItself: boolean;
}

export interface FieldAction {
  readonly of: "lead" | "contact" | "company";
  /** amoCRM's number of the field. */
  readonly fieldId: number;
  /** Template. */
  readonly value: string;
}

export interface Rule {
  /** Unique in its account; shown wherever somebody asks why. */
  readonly name: string;
  readonly when: RuleConditions;
  readonly do: RuleActions;
  /** amoCRM users among whom `round-robin` goes round. */
  readonly roundRobin: readonly number[];
}

/** What can be asked while a phone rings. */
export type RingingConditions = Pick<
  RuleConditions,
  "client" | "dids" | "queues" | "extensions" | "hours" | "openLead"
>;

/** amoCRM's own pop-up at an inbound call. */
export interface PopUpRule {
  readonly when: RingingConditions;
  /** `nobody` ends the list for these calls. */
  readonly show: "called" | "responsible" | "everyone" | "nobody";
}

/** A user is away, from the first to the last day. */
export interface Absence {
  readonly userId: number;
  /** "2026-07-01" */
  readonly from: string;
  readonly to: string;
  /** null: nobody. */
  readonly deputyId: number | null;
}

/** All that the rules obey. */
export interface Policy {
  readonly rules: readonly Rule[];
  readonly popUps: readonly PopUpRule[];
  readonly workingHours: WorkingHours;
  readonly absences: readonly Absence[];
  /** A shorter talk is no conversation that would close a task about a missed call. */
  readonly conversationSeconds: number;
}

export const ANY_CALL: RuleConditions = {
  direction: null,
  results: [],
  client: null,
  anonymous: false,
  dids: [],
  queues: [],
  extensions: [],
  hours: null,
  openLead: null,
  pipelineIds: [],
  statusIds: [],
  talkSeconds: { atLeast: null, atMost: null },
  numbers: [],
};

export const NO_ACTIONS: RuleActions = {
  log: null,
  unsorted: null,
  contact: null,
  lead: null,
  task: null,
  tags: [],
  fields: [],
  responsible: [],
};
