/**
 * What the PBX says of an extension's device, apart from our own call tracking.
 * `busy` is all that MikoPBX tells of a phone that rings, talks or holds.
 */
export type DeviceState = "free" | "busy" | "dnd" | "offline" | "unknown";

/** What colleagues see: our own calls first, the device's state second. */
export type Presence = "free" | "ringing" | "talking" | "hold" | "busy" | "dnd" | "offline" | "unknown";

/** A place in a queue; who takes a break is called by nobody there until he is back. */
export interface QueueSeat {
  readonly queue: string;
  readonly isPaused: boolean;
  /** Why, as he or the PBX said; null when nobody did. */
  readonly reason: string | null;
}
