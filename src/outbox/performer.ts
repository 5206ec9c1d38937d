/** The CRM as the outbox sees it: something that performs intents, sometimes cannot, and says what that means. */
import type { CrmEntity, CrmIntent } from "../rules/intent.ts";

/**
 * What a failed attempt asks for.
 * `retry`: the same again later, for half a day at the longest · `hold-account`: nothing of this account until the CRM answers a probe ·
 * `reconnect`: nothing until a person gives access again · `quarantine`: this intent will never be accepted as it is ·
 * `give-up`: there is nothing left to do it for.
 */
export type Remedy = "retry" | "hold-account" | "reconnect" | "quarantine" | "give-up";

/** Thrown by a performer. Whoever branches, branches on `remedy`, never on the text. */
export class PerformFailure extends Error {
  override readonly name: string = "PerformFailure";
  /** Stable, e.g. "crm/rate-limited"; shown to people and counted. */
  readonly code: string;
  readonly remedy: Remedy;
  /** True when the CRM may have done it all the same: the next attempt looks there first. */
  readonly mayHaveHappened: boolean;

  constructor(code: string, remedy: Remedy, mayHaveHappened: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.remedy = remedy;
    this.mayHaveHappened = mayHaveHappened;
  }
}

/** What the CRM made of an intent, kept beside it for those who ask later. */
export type Outcome =
  /** A note on a card. `noteId` is null when the CRM has it, but told no id. */
  | {
      readonly kind: "note";
      readonly entityType: CrmEntity["type"];
      readonly entityId: number;
      readonly noteId: number | null;
    }
  | {
      readonly kind: "unsorted";
      readonly uid: string;
      readonly leadId: number | null;
      readonly contactId: number | null;
    }
  | { readonly kind: "contact"; readonly contactId: number }
  | { readonly kind: "lead"; readonly leadId: number }
  | { readonly kind: "task"; readonly taskId: number }
  | { readonly kind: "tasks-closed"; readonly taskIds: readonly number[] }
  /** A card was changed. */
  | { readonly kind: "card"; readonly entityType: CrmEntity["type"]; readonly entityId: number }
  | { readonly kind: "pop-up" };

export interface Attempt {
  /** From 1. */
  readonly attempts: number;
  /** An earlier attempt may have reached the CRM: look there before writing again. */
  readonly mayHaveHappened: boolean;
  /** A person waits for it. */
  readonly interactive: boolean;
  /** Epoch ms of the intent's birth: nothing it made in the CRM is older. */
  readonly createdAt: number;
}

export interface BatchItem {
  readonly intent: CrmIntent;
  readonly attempt: Attempt;
}

/** Can the CRM be written to now? When not: why, and when it is tried again (null: when a person did something). */
export type Availability =
  | { readonly open: true }
  | { readonly open: false; readonly reason: string; readonly until: number | null };

/** Implemented by `amocrm/`, one for an account. */
export interface Performer {
  /** @throws PerformFailure */
  perform(intent: CrmIntent, attempt: Attempt): Promise<Outcome>;
  /**
   * The same for several intents of one batch key, none of them in doubt, in as few requests as it takes.
   * @returns what became of each, in their order
   * @throws PerformFailure that is true of all of them
   */
  performBatch(batch: readonly BatchItem[]): Promise<readonly (Outcome | PerformFailure)[]>;
  availability(): Availability;
  /** Tells each change of `availability`. */
  onAvailability(listener: (availability: Availability) => void): Disposable;
}
