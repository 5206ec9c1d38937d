/**
 * What the PBX says of the phones themselves: hints (`ExtensionStateList`, `ExtensionStatus`), which sum up a person's
 * devices; device states (`DeviceStateList`, `DeviceStateChange`), which a plain Asterisk tells without any hint in its
 * dialplan; and where there is neither, whether a phone can be reached (`PeerStatus`). MikoPBX has no device states
 * (docs/protocols/mikopbx.md#device-states), a small Asterisk often no hints. Do-not-disturb is a device or a presence of its own, as
 * FreePBX keeps it: `Custom:DND201`, `CustomPresence:201`.
 */
import type { AmiPacket } from "../ami/packet.ts";
import type { DeviceState } from "../calls/presence.ts";
import type { PbxProfile } from "./profiles.ts";

/** Told when a hint or a device changes; the lists' rows bear the same names. */
export const DEVICE_STATE_EVENTS: ReadonlySet<string> = new Set([
  "ExtensionStatus",
  "DeviceStateChange",
  "PeerStatus",
  "PresenceStateChange",
]);

export interface ExtensionState {
  readonly extension: string;
  readonly state: DeviceState;
}

type Patterns = Pick<PbxProfile, "endpointToExtension" | "hintsContext">;

const PHONE_TECHNOLOGY = /^(?:PJSIP|SIP|IAX2|DAHDI|SCCP)\/(.+)$/;

const DO_NOT_DISTURB = /^(?:Custom:DND|CustomPresence:)(.+)$/;

/** Of several devices of one person the readiest one tells: he can be reached on it. */
const READIEST_FIRST: readonly DeviceState[] = ["busy", "free", "dnd", "unknown", "offline"];

export class DeviceStates {
  readonly #patterns: Patterns;
  readonly #hints = new Map<string, DeviceState>();
  readonly #devices = new Map<string, ExtensionState>();
  readonly #peers = new Map<string, ExtensionState>();
  /** What says "do not disturb" for whom: extension by device or presence. */
  readonly #undisturbed = new Map<string, string>();

  constructor(patterns: Patterns) {
    this.#patterns = patterns;
  }

  of(extension: string): DeviceState {
    const state = this.#hints.get(extension) ?? readiest(this.#devices, extension) ?? readiest(this.#peers, extension);
    const isUndisturbed = [...this.#undisturbed.values()].includes(extension);
    return isUndisturbed && state !== "offline" ? "dnd" : (state ?? "unknown");
  }

  /** @returns the extension's state when it has changed by this packet */
  hear(packet: AmiPacket): ExtensionState | null {
    const told = this.#read(packet);
    if (told === null) return null;
    const { extension } = told.now;
    const before = this.of(extension);
    told.keep();
    const state = this.of(extension);
    return state === before ? null : { extension, state };
  }

  #read(packet: AmiPacket) {
    switch (packet.event) {
      case "DeviceStateChange":
        return (
          this.#readDoNotDisturb(packet.get("Device"), stateOfDevice(packet.get("State") ?? "") === "busy") ??
          this.#readDevice(packet)
        );
      case "PresenceStateChange":
        return this.#readDoNotDisturb(packet.get("Presentity"), packet.get("Status") === "dnd");
      case "PeerStatus":
        return this.#readPeer(packet);
      default:
        return this.#readHint(packet);
    }
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

  #readDoNotDisturb(source: string | undefined, isOn: boolean) {
    const named = DO_NOT_DISTURB.exec(source ?? "")?.[1] ?? "";
    const extension = this.#patterns.endpointToExtension.exec(named)?.[1];
    if (source === undefined || extension === undefined) return null;
    const keep = () => (isOn ? this.#undisturbed.set(source, extension) : this.#undisturbed.delete(source));
    return { now: { extension }, keep };
  }

  #readPeer(packet: AmiPacket) {
    const peer = packet.get("Peer") ?? "";
    const extension = this.#patterns.endpointToExtension.exec(PHONE_TECHNOLOGY.exec(peer)?.[1] ?? "")?.[1];
    const state = PEERS.get(packet.get("PeerStatus") ?? "");
    if (extension === undefined || state === undefined) return null;
    const now: ExtensionState = { extension, state };
    return { now, keep: () => this.#peers.set(peer, now) };
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

function readiest(devices: ReadonlyMap<string, ExtensionState>, extension: string): DeviceState | undefined {
  const states = [...devices.values()].filter((device) => device.extension === extension);
  return READIEST_FIRST.find((wanted) => states.some(({ state }) => state === wanted));
}

/** Words of `PeerStatus`; a peer that lags or rejects says nothing of whether it can be called. */
const PEERS: ReadonlyMap<string, DeviceState> = new Map([
  ["Registered", "free"],
  ["Reachable", "free"],
  ["Unregistered", "offline"],
  ["Unreachable", "offline"],
]);

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
