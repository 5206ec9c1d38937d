/** Other programs that are told of calls: whom, of what, and how they know that it was us. */

/** What may be told, as the messages name it, and when that is. */
export const MESSAGE_WORDS = {
  "call-began": "A call has begun, and is known to be more than a channel.",
  "call-ringing": "A phone rings for a caller: `employee`'s. Once for each phone.",
  "call-answered": "The client and an employee talk for the first time: `employee`.",
  "call-transferred": "The call was handed over to `employee`, as `transfer` says, or was taken by him.",
  "call-ended": "The call is over; `disposition` says how, `employees` how for each of them.",
  "call-missed": "A client's call is over and nobody talked to him. Stands before `call-ended`.",
  "recording-ready": "The call's recording can be heard at `recording.url`.",
} as const;
export type MessageType = keyof typeof MESSAGE_WORDS;
export const MESSAGE_TYPES = Object.keys(MESSAGE_WORDS) as [MessageType, ...MessageType[]]; // an object's keys are its own

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
