import type { Address } from "../audio/rtp.ts";

/** Who sends sound in a session (RFC 3264); "sendonly" and "inactive" put the other side on hold. */
export type SoundDirection = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** One side's session description, as far as a phone with one codec needs it. */
export interface Session extends Address {
  readonly direction: SoundDirection;
}

/** Reads a session description; undefined when it offers no sound. */
export function parseSdp(text: string): Session | undefined {
  const host = /^c=IN IP4 (\S+)/m.exec(text)?.[1];
  const port = Number(/^m=audio (\d+)/m.exec(text)?.[1]);
  if (!host || !port) return undefined;
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)/m.exec(text)?.[1] as SoundDirection | undefined;
  return { host, port, direction: direction ?? "sendrecv" };
}

/** @param version grows with every description of one call */
export function writeSdp(session: Session, id: number, version: number): string {
  return [
    "v=0",
    `o=lab ${id} ${version} IN IP4 ${session.host}`,
    "s=-",
    `c=IN IP4 ${session.host}`,
    "t=0 0",
    `m=audio ${session.port} RTP/AVP 8 101`,
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:101 telephone-event/8000",
    "a=fmtp:101 0-16",
    "a=ptime:20",
    `a=${session.direction}`,
    "",
  ].join("\r\n");
}
