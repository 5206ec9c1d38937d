import type { CallEvent } from "../calls/call-event.ts";
import type { MessageType } from "./webhook.ts";

/** One webhook among all. */
export interface WebhookKey {
  readonly account: string;
  readonly webhook: string;
}

/**
 * ```
 * awaited ──► waiting ──► (taken: gone)
 *    │           │  ▲
 *    │           ▼  │ resend
 *    │        set-aside ──► (discarded: gone)
 *    └──► (there is no recording: gone)
 * ```
 * awaited: the recording that it is about is not ready. set-aside: the receiver refuses it as it is.
 */
export type DeliveryState = "awaited" | "waiting" | "set-aside";

export interface Delivery {
  readonly seq: number;
  readonly messageId: string;
  /** Of one call the messages go in their order. */
  readonly callId: string;
  readonly type: MessageType;
  /** JSON, as it is sent. */
  readonly body: string;
  readonly state: DeliveryState;
  /** That have failed. */
  readonly attempts: number;
  /** When it is tried next; has a meaning while `waiting`. Epoch milliseconds. */
  readonly dueAt: number;
  /** Why the last attempt failed. */
  readonly reason: string | null;
  readonly createdAt: number;
}

export type NewDelivery = Pick<Delivery, "messageId" | "callId" | "type" | "body" | "state">;

export interface WebhookSummary {
  readonly waiting: number;
  readonly setAside: number;
  /** Birth of the oldest that waits; null when none does. */
  readonly oldestAt: number | null;
  /** When the next one is due. */
  readonly nextDueAt: number | null;
}

/** Implemented by `store/`; each method is one transaction. */
export interface WebhookStore {
  /** A new webhook follows the journal from its end on; one that is known goes on where it was. */
  enrol(key: WebhookKey): Promise<void>;
  /** Events of the account's calls after the webhook's position, with the position after each. */
  eventsAfter(
    key: WebhookKey,
    limit: number,
  ): Promise<readonly { readonly position: number; readonly event: CallEvent }[]>;
  /** What was concluded of a call before that position. */
  historyOf(callId: string, position: number): Promise<readonly CallEvent[]>;
  /** Keeps what follows from the events together with the position: both or neither. */
  record(key: WebhookKey, position: number, deliveries: readonly NewDelivery[], now: number): Promise<void>;
  /** Deliveries whose recording has been settled since. */
  settledRecordings(key: WebhookKey): Promise<readonly { readonly delivery: Delivery; readonly isReady: boolean }[]>;
  /** awaited → waiting, with the body that it has now. */
  release(seq: number, body: string, now: number): Promise<void>;
  /** Due ones, oldest first, and never one with an earlier one of its call waiting. */
  due(key: WebhookKey, now: number, limit: number): Promise<readonly Delivery[]>;
  retry(seq: number, dueAt: number, reason: string): Promise<void>;
  setAside(seq: number, reason: string): Promise<void>;
  /** Taken, or no longer to be sent. */
  remove(seqs: readonly number[]): Promise<void>;
  /** Forgets those in these states that were born before. @returns how many */
  forgetBefore(key: WebhookKey, states: readonly DeliveryState[], at: number): Promise<number>;
  /** The same of all webhooks, also of those that the settings name no more. */
  forgetAllBefore(at: number): Promise<void>;
  summary(key: WebhookKey): Promise<WebhookSummary>;
  /** Oldest first. */
  list(key: WebhookKey, states: readonly DeliveryState[], limit: number): Promise<readonly Delivery[]>;
  /** set-aside → waiting, waiting → due now. False when it is in no such state. */
  resend(key: WebhookKey, seq: number, now: number): Promise<boolean>;
  /** All that were set aside. @returns how many */
  resendAll(key: WebhookKey, now: number): Promise<number>;
  /** Gives up one that waits or was set aside. False when there is none. */
  discard(key: WebhookKey, seq: number): Promise<boolean>;
}
