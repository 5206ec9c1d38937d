/** Other programs that are told of calls: whom, of what, and how they know that it was us. */

/** What may be told, as the messages name it. */
export const MESSAGE_TYPES = [
  "call-began",
  "call-ringing",
  "call-answered",
  "call-transferred",
  "call-ended",
  "call-missed",
  "recording-ready",
] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

/** One receiver. */
export interface Webhook {
  /** Names it among those of its account. */
  readonly id: string;
  readonly url: string;
  /** `whsec_` and at least 24 bytes in base64, shared with the receiver. */
  readonly secret: string;
  /** He is told of these only. */
  readonly events: readonly MessageType[];
  /** What could not be delivered within so long is dropped. */
  readonly keepHours: number;
}
