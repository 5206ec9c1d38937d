/** From a channel's name to the party behind it. */
import type { PbxProfile } from "./profiles.ts";

/** Technologies whose channels are somebody's phone or line; all others are the PBX talking to itself. */
const PHONE = /^(PJSIP|SIP|IAX2|DAHDI|Motif|SCCP|Skinny|Console|OOH323)\//;

export function isPhone(channelName: string): boolean {
  return PHONE.test(channelName);
}

/** The endpoint of a phone's channel: what stands between the technology and the last dash (trunks have dashes too). */
function endpointOf(channelName: string): string {
  const dash = channelName.lastIndexOf("-");
  return channelName.slice(channelName.indexOf("/") + 1, dash === -1 ? undefined : dash);
}

/** The extension behind a phone's channel; null: it is a trunk's. */
export function extensionOf(channelName: string, profile: Pick<PbxProfile, "endpointToExtension">): string | null {
  return profile.endpointToExtension.exec(endpointOf(channelName))?.[1] ?? null;
}

/** What a Local channel was made to reach: `202` of `Local/202@internal-transfer-0000000d;1`. */
export function localTarget(channelName: string): string | null {
  return /^Local\/([^@]+)@/.exec(channelName)?.[1] ?? null;
}
