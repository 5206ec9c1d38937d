/** Writes AMI packets as bytes by hand: what a real Asterisk puts on the wire, line by line. Knows no event and no session. */
export type Line = readonly [key: string, value: string | number];

/** Line breaks inside a value would forge lines, so they become spaces, as Asterisk does with names that come from SIP. */
function oneLine(value: string | number): string {
  return String(value).replace(/[\r\n]+/g, " ");
}

export function packetText(lines: readonly Line[]): string {
  return `${lines.map(([key, value]) => `${key}: ${oneLine(value)}\r\n`).join("")}\r\n`;
}
