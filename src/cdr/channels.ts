/** What a channel's name tells, as far as records need it. What an extension looks like is the PBX profile's to say. */

/** How the PBX at hand names its channels; the knowledge is `pbx`'s, handed in. */
export interface ChannelNames {
  /** Somebody's phone or line, and no construction of the PBX's own. */
  isPhone(channel: string): boolean;
  /** The extension behind a phone's channel; null: it is a trunk's. */
  extensionOf(channel: string): string | null;
}

/** The two halves of a Local channel are one wire: `Local/201@internal-0000000a;2` → `Local/201@internal-0000000a`. */
export function wireOf(channel: string): string | null {
  return channel.startsWith("Local/") ? channel.replace(/;[12]$/, "") : null;
}

/** A channel that Asterisk makes up to write a record for an Originate that failed; nobody was called by it. */
export function isPhantom(channel: string): boolean {
  return channel === "OutgoingSpoolFailed";
}
