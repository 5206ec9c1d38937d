/**
 * One AMI packet (event, response or action) as ordered headers. Repeated headers (`ChanVariable`, `Variable`,
 * `Output`) are all kept. Header names are compared without regard to case, as Asterisk itself does.
 *
 * The text is kept whole and taken apart at the first question: many packets of a busy PBX are only counted.
 */
export class AmiPacket {
  readonly #text: string;
  #headers: AmiHeader[] | undefined;

  /** @param text the packet without the empty line that ends it; lines are separated by CRLF */
  constructor(text: string) {
    this.#text = text;
  }

  /** Name of the event, undefined of a response. Asterisk says it first: nothing is taken apart for it. */
  get event(): string | undefined {
    if (!this.#text.startsWith(EVENT)) return this.get("Event");
    const end = this.#text.indexOf("\r\n");
    return this.#text.slice(EVENT.length, end === -1 ? undefined : end);
  }

  /** The first header of this name, or undefined. An empty value is "", not undefined. */
  get(name: string): string | undefined {
    const isWanted = matcher(name);
    for (const header of this.entries()) if (isWanted(header[0])) return header[1];
    return undefined;
  }

  /** All headers of this name, in the order sent. The lines of a `Command` answer are its `Output` headers. */
  getAll(name: string): string[] {
    const isWanted = matcher(name);
    return this.entries().flatMap(([key, value]) => (isWanted(key) ? [value] : []));
  }

  /** All headers in the order sent. Lines without a colon are left out. */
  entries(): readonly AmiHeader[] {
    this.#headers ??= this.#text.startsWith(OLD_COMMAND_ANSWER)
      ? parseOldCommandAnswer(this.#text)
      : parseHeaders(this.#text);
    return this.#headers;
  }

  /** The packet as it came. */
  toString(): string {
    return this.#text;
  }
}

export type AmiHeader = readonly [name: string, value: string];

const EVENT = "Event: ";

/** Up to Asterisk 13 a `Command` was answered by bare text instead of `Output:` lines. */
const OLD_COMMAND_ANSWER = "Response: Follows\r\n";
const END_OF_OLD_COMMAND_ANSWER = "--END COMMAND--";

/** Most names differ in length from the wanted one, which makes the change of case rare: 30 headers an event. */
function matcher(name: string): (key: string) => boolean {
  const wanted = name.toLowerCase();
  return (key) => key === name || (key.length === wanted.length && key.toLowerCase() === wanted);
}

/** One pass by `indexOf`: two thirds of the time of `split` on the load capture. */
function parseHeaders(text: string): AmiHeader[] {
  const headers: AmiHeader[] = [];
  for (let start = 0; start < text.length; ) {
    let end = text.indexOf("\r\n", start);
    if (end === -1) end = text.length;
    const colon = text.indexOf(":", start);
    if (colon > start && colon < end) {
      const value = text.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
      headers.push([text.slice(start, colon), text.slice(value, end)]);
    }
    start = end + 2;
  }
  return headers;
}

/** Up to three true headers, then the command's own lines, which may hold colons and are separated by LF alone. */
function parseOldCommandAnswer(text: string): AmiHeader[] {
  const lines = text.split("\r\n");
  const outputAt = lines.findIndex((line) => !/^(Response|Privilege|ActionID):/.test(line));
  if (outputAt === -1) return parseHeaders(text);
  const output = lines.slice(outputAt).join("\n").split("\n");
  if (output.at(-1)?.startsWith(END_OF_OLD_COMMAND_ANSWER)) output.pop();
  return [...parseHeaders(lines.slice(0, outputAt).join("\r\n")), ...output.map((line): AmiHeader => ["Output", line])];
}
