import type { ClientDirectory } from "../clients/client.ts";
import type { ClientIndex, IndexPart } from "../clients/client-index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Attempt, Outcome } from "../outbox/performer.ts";
import type { WrittenCalls } from "../outbox/written-calls.ts";
import type { CrmIntent } from "../rules/intent.ts";
import type { CrmApi } from "./crm-api.ts";
import type { PartKeeper } from "./index-parts.ts";

/** The little that must be known here of an account. */
export interface AmocrmAccount {
  readonly id: string;
  /** ISO 3166 country that national phone numbers are read in. */
  readonly country: string;
  /** IANA zone. */
  readonly timeZone: string;
  readonly language: "ru" | "en";
}

/** What performers work with. */
export interface Performing {
  readonly account: AmocrmAccount;
  readonly api: CrmApi;
  readonly index: ClientIndex & ClientDirectory;
  readonly keepers: { readonly [Part in IndexPart]: PartKeeper };
  readonly written: WrittenCalls;
  /** What an earlier intent led to; undefined when it was not done. */
  readonly outcomeOf: (uniq: string) => Promise<Outcome | undefined>;
  /** Is an earlier intent still to be performed? */
  readonly isWaiting: (uniq: string) => Promise<boolean>;
  /** Where the sound of a call is heard by now; null: nowhere yet. */
  readonly recordingUrlOf: (callId: string) => Promise<string | null>;
  readonly clock: Clock;
  /** Unix seconds: cards that the CRM has not told us of since then may be gone. */
  readonly doubtBefore: () => number;
  /** Has the CRM told that something happened to the card, and what is not known yet? */
  readonly isHinted: (type: IndexPart, id: number) => boolean;
}

/**
 * Performs one kind of intent. It may be called again for the same one: then it looks in the CRM for what is there
 * before it writes.
 * @throws CrmError
 */
export type PerformerOf<Kind extends CrmIntent["kind"]> = (
  intent: Extract<CrmIntent, { kind: Kind }>,
  attempt: Attempt,
  performing: Performing,
) => Promise<Outcome>;
