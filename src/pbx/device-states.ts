/** What the PBX says of the phones themselves: from hints, as `ExtensionStateList` lists them and `ExtensionStatus` tells. */
import type { AmiPacket } from "../ami/packet.ts";
import type { DeviceState } from "../calls/presence.ts";
import type { PbxProfile } from "./profiles.ts";

/** Told when a hint changes; the answer's rows bear the same name. */
export const DEVICE_STATE_EVENTS: ReadonlySet<string> = new Set(["ExtensionStatus"]);

export interface ExtensionState {
  readonly extension: string;
  readonly state: DeviceState;
}

/** @returns null for what is no employee's hint: queues, rooms and applications have hints without a phone */
export function readExtensionState(
  packet: AmiPacket,
  profile: Pick<PbxProfile, "endpointToExtension" | "hintsContext">,
): ExtensionState | null {
  const exten = packet.get("Exten");
  if (!exten || !profile.hintsContext.test(packet.get("Context") ?? "")) return null;
  const hint = packet.get("Hint");
  // A hint that was removed names no phone any more, and its state says so.
  if (hint !== undefined && hint !== "" && !/(^|&)(PJSIP|SIP|IAX2|DAHDI|SCCP)\//.test(hint)) return null;
  const extension = profile.endpointToExtension.exec(exten)?.[1];
  return extension === undefined ? null : { extension, state: stateOf(Number(packet.get("Status"))) };
}

/** AST_EXTENSION_*: bits 1 in use, 2 busy, 4 unavailable, 8 ringing, 16 on hold; 0 idle; negative: removed. */
function stateOf(status: number): DeviceState {
  if (!Number.isInteger(status) || status < 0) return "unknown";
  if (status === 0) return "free";
  return (status & 4) === 4 ? "offline" : "busy";
}
