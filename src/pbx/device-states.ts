/**
 * What the PBX says of the phones themselves, from two sources: hints (`ExtensionStateList`, `ExtensionStatus`), which
 * sum up a person's devices, and device states (`DeviceStateList`, `DeviceStateChange`), which a plain Asterisk tells
 * without any hint in its dialplan. MikoPBX has no device states (mikopbx.md §0.3), a small Asterisk often no hints.
 */
import type { AmiPacket } from "../ami/packet.ts";
import type { DeviceState } from "../calls/presence.ts";
import type { PbxProfile } from "./profiles.ts";

/** Told when a hint or a device changes; the lists' rows bear the same names. */
export const DEVICE_STATE_EVENTS: ReadonlySet<string> = new Set(["ExtensionStatus", "DeviceStateChange"]);

export interface ExtensionState {
  readonly extension: string;
  readonly state: DeviceState;
}

type Patterns = Pick<PbxProfile, "endpointToExtension" | "hintsContext">;

const PHONE_TECHNOLOGY = /^(?:PJSIP|SIP|IAX2|DAHDI|SCCP)\/(.+)$/;

/** Of several devices of one person the readiest one tells: he can be reached on it. */
const READIEST_FIRST: readonly DeviceState[] = ["busy", "free", "dnd", "unknown", "offline"];

export class DeviceStates {
  readonly #patterns: Patterns;
  readonly #hints = new Map<string, DeviceState>();
  readonly #devices = new Map<string, ExtensionState>();

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  of(extension: string): DeviceState {
    const hint = this.#hints.get(extension);
    if (hint !== undefined) return hint;
    const states = [...this.#devices.values()].filter((device) => device.extension === extension);
    return READIEST_FIRST.find((wanted) => states.some(({ state }) => state === wanted)) ?? "unknown";
  }

  /** @returns the extension's state when it has changed by this packet */
  hear(packet: AmiPacket): ExtensionState | null {
    const told = packet.event === "DeviceStateChange" ? this.#readDevice(packet) : this.#readHint(packet);
    if (told === null) return null;
    const { extension } = told.now;
    const before = this.of(extension);
    told.keep();
    const state = this.of(extension);
    return state === before ? null : { extension, state };
  }

  /** Null for what is no employee's hint: queues, rooms and applications have hints without a phone. */
  #readHint(packet: AmiPacket) {
    const exten = packet.get("Exten");
    const { endpointToExtension, hintsContext } = this.#patterns;
    if (!exten || !hintsContext.test(packet.get("Context") ?? "")) return null;
    const hint = packet.get("Hint");
    // A hint that was removed names no phone any more, and its state says so.
    if (hint && !hint.split("&").some((device) => PHONE_TECHNOLOGY.test(device))) return null;
    const extension = endpointToExtension.exec(exten)?.[1];
    if (extension === undefined) return null;
    const state = stateOfHint(Number(packet.get("Status")));
    return { now: { extension, state }, keep: () => this.#hints.set(extension, state) };
  }

  #readDevice(packet: AmiPacket) {
    const device = packet.get("Device") ?? "";
    const endpoint = PHONE_TECHNOLOGY.exec(device)?.[1] ?? "";
    const extension = this.#patterns.endpointToExtension.exec(endpoint)?.[1];
    if (extension === undefined) return null;
    const now: ExtensionState = { extension, state: stateOfDevice(packet.get("State") ?? "") };
    return { now, keep: () => this.#devices.set(device, now) };
  }
}

/** AST_EXTENSION_*: bits 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold; 0 idle; negative: removed. */
function stateOfHint(status: number): DeviceState {
  if (!Number.isInteger(status) || status < 0) return "unknown";
  if (status === 0) return "free";
  return (status & 4) === 4 ? "offline" : "busy";
}

/** Asterisk's words for a device (capture 04-inbound-answered-201-hangs-up has `RINGING` and `INUSE`). */
function stateOfDevice(state: string): DeviceState {
  switch (state) {
    case "NOT_INUSE":
      return "free";
    case "INUSE":
    case "BUSY":
    case "RINGING":
    case "RINGINUSE":
    case "ONHOLD":
      return "busy";
    case "UNAVAILABLE":
    case "INVALID":
      return "offline";
    default:
      return "unknown";
  }
}
