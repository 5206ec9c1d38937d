import type { Call } from "../calls/call.ts";

/** Where in the CRM something goes. `type` is the API's plural name. */
export interface CrmEntity {
  readonly type: "leads" | "contacts" | "companies";
  readonly id: number;
}

/** A card that does not exist yet: what the intent with this `uniq` makes. Should it fail, the client is looked for by phone. */
export interface CardToBe {
  readonly madeBy: string;
  readonly phone: string;
}

export type CrmTarget = CrmEntity | CardToBe;

/** What is done to a card that may be merged into another one before it is done. */
interface OnCard {
  /** The client's, by which the other card is found. E.164 with "+", or digits. */
  readonly phone: string;
}

/** One thing the CRM should be told or asked. `uniq` is ours, made from the call and the step, and never re-used. */
export type CrmIntent =
  | LogCall
  | AddUnsorted
  | CreateContact
  | CreateLead
  | AddTask
  | CloseTasks
  | TagCard
  | SetFields
  | SetResponsible
  | PopUp
  | LinkRecording
  | CorrectCall;

export interface LogCall {
  readonly kind: "log-call";
  readonly uniq: string;
  readonly entity: CrmTarget;
  readonly call: CallFacts;
  /** amoCRM user: author and responsible must be the same one for «Аналитика → Звонки» to count the call. */
  readonly userId: number | null;
  /** Who took or made the call, in words, when the extension belongs to no amoCRM user («кому: …»). */
  readonly calledName: string | null;
  /** The extended line, e.g. "dst: 205 | Продажи | did: 3345". */
  readonly result: string;
  /** The same call stands on another card, too: there it is counted, and here it must not be. */
  readonly isCopy: boolean;
}

/**
 * Puts the call of a stranger before people to sort. One lead for a caller and episode: while his last unsorted lead
 * stands undecided, the next call becomes a note of that lead.
 */
export interface AddUnsorted {
  readonly kind: "add-unsorted";
  readonly uniq: string;
  readonly leadName: string;
  /** null: the account's main pipeline, chosen by the CRM. */
  readonly pipelineId: number | null;
  readonly call: CallFacts;
  readonly userId: number | null;
  readonly calledName: string | null;
  readonly result: string;
}

export interface CreateContact {
  readonly kind: "create-contact";
  readonly uniq: string;
  readonly name: string;
  /** E.164 with "+", or digits. */
  readonly phone: string;
  /** Who becomes responsible; null: whoever the CRM chooses. */
  readonly userId: number | null;
}

/** A lead of the client, unless he has an open one by then. */
export interface CreateLead extends OnCard {
  readonly kind: "create-lead";
  readonly uniq: string;
  readonly name: string;
  readonly client: CrmTarget;
  /** null: the CRM's own choice. */
  readonly pipelineId: number | null;
  /** null: the pipeline's first stage. */
  readonly statusId: number | null;
  readonly userId: number | null;
}

export interface AddTask extends OnCard {
  readonly kind: "add-task";
  readonly uniq: string;
  /** null: a task without a card, about a caller who hides his number. */
  readonly entity: CrmTarget | null;
  readonly text: string;
  /** amoCRM's: 1 is «Связаться». */
  readonly typeId: number;
  /** Epoch ms. */
  readonly dueAt: number;
  readonly userId: number | null;
  /** A conversation with the client closes it. */
  readonly closesItself: boolean;
  /**
   * Tasks to call this client back that stand open, by the `uniq`s of the intents that added them: while one of them is
   * open in the CRM, too, it gets `text` and no other task is added. null: none stands open.
   */
  readonly standing: { readonly tasks: readonly string[]; readonly text: string } | null;
}

/** Somebody has talked to the client: tasks to call him back are done. */
export interface CloseTasks {
  readonly kind: "close-tasks";
  readonly uniq: string;
  /** `uniq`s of the intents that added them. */
  readonly tasks: readonly string[];
  /** What stands in the tasks as their result. */
  readonly text: string;
}

export interface TagCard extends OnCard {
  readonly kind: "tag-card";
  readonly uniq: string;
  readonly entity: CrmTarget;
  readonly tags: readonly string[];
}

export interface SetFields extends OnCard {
  readonly kind: "set-fields";
  readonly uniq: string;
  readonly entity: CrmTarget;
  readonly fields: readonly { readonly fieldId: number; readonly value: string }[];
}

export interface SetResponsible extends OnCard {
  readonly kind: "set-responsible";
  readonly uniq: string;
  readonly entity: CrmTarget;
  readonly userId: number;
}

/** amoCRM's own pop-up while the phone rings. */
export interface PopUp {
  readonly kind: "pop-up";
  readonly uniq: string;
  readonly phone: string;
  /** null: everybody sees it. */
  readonly userIds: readonly number[] | null;
  /** Epoch ms since when the phone rings: too late it would only confuse. */
  readonly ringsSince: number;
}

/** Puts the recording's link into what was written of the call before the sound file was ready. */
export interface LinkRecording {
  readonly kind: "link-recording";
  readonly uniq: string;
  readonly call: CallFacts;
}

/** What an employee said of a call: of its notes, written or not. */
export interface CorrectCall {
  readonly kind: "correct-call";
  readonly uniq: string;
  readonly call: CallFacts;
  /** See `LogCall`, for the note that stands nowhere yet. */
  readonly userId: number | null;
  readonly calledName: string | null;
  readonly result: string;
  /** Empty: nothing is said. */
  readonly text: string;
  /** Where the call belongs; null: where it stands. */
  readonly entity: CrmEntity | null;
  /** What notes on other cards say then. */
  readonly elsewhere: string;
}

/** The facts of an ended call that the CRM is told. */
export interface CallFacts
  extends Pick<Call, "id" | "direction" | "disposition" | "did" | "startedAt" | "talkSeconds"> {
  /** E.164 with "+", or the digits as they came when they are no valid number. */
  readonly phone: string;
  /** null: none will come. */
  readonly recordingUrl: string | null;
}
