import type { CardState } from "./call.ts";

/**
 * What the PBX says of an extension's device, apart from our own call tracking.
 * `busy` is all that MikoPBX tells of a phone that rings, talks or holds.
 */
export type DeviceState = "free" | "busy" | "dnd" | "offline" | "unknown";

/** What colleagues see: our own calls first, the device's state second. */
export type Presence = "free" | "ringing" | "talking" | "hold" | "busy" | "dnd" | "offline" | "unknown";

const PRESENCE_OF_CARD = {
  talking: "talking",
  "consult-talking": "talking",
  calling: "talking",
  "consult-calling": "talking",
  hold: "hold",
  ringing: "ringing",
} as const satisfies Record<CardState, Presence>;

/** The strongest of his calls tells what he does: who talks on one line while another rings is talking. */
const STRONGEST_FIRST: readonly Presence[] = ["talking", "ringing", "hold"];

/** @param cards states of all the employee's cards */
export function presenceOf(device: DeviceState, cards: readonly CardState[]): Presence {
  const shown: readonly Presence[] = cards.map((state) => PRESENCE_OF_CARD[state]);
  return STRONGEST_FIRST.find((presence) => shown.includes(presence)) ?? device;
}
