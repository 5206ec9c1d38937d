import { createHash } from "node:crypto";

/**
 * Our id of a call: short, safe in a URL, and the same whenever the same stream is read again.
 * 96 bits of a digest; the PBX is a part of it because two PBXs were seen to make the same uniqueid.
 */
export function callId(pbx: string, linkedid: string): string {
  return createHash("sha256").update(`${pbx}\n${linkedid}`).digest("base64url").slice(0, 16);
}

/**
 * Ids that the service gives to the channels it asks the PBX for begin so (`ChannelId`), and become linkedids:
 * a dial is told from an interception before anything else is known of it.
 */
export const DIAL_REQUEST_PREFIX = "c2c-";

/** Those of attempts to fetch a call that rings elsewhere: interception, take, pick-up. */
export const FETCH_REQUEST_PREFIX = "icp-";

export function isDialRequest(linkedid: string): boolean {
  return linkedid.startsWith(DIAL_REQUEST_PREFIX);
}

export function isFetchRequest(linkedid: string): boolean {
  return linkedid.startsWith(FETCH_REQUEST_PREFIX);
}
