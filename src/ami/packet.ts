/**
 * One AMI packet (event, response or action) as ordered headers. Repeated headers (`ChanVariable`, `Variable`,
 * `Output`) are all kept. Header names are compared without regard to case, as Asterisk itself does.
 *
 * The text is kept whole and read lazily: most packets of a busy PBX are looked at for one or two headers only.
 */
export class AmiPacket {
  readonly #text: string;
  #headers: [name: string, value: string][] | undefined;

  /** @param text the packet without the empty line that ends it; lines are separated by CRLF */
  constructor(text: string) {
    this.#text = text;
  }

  /** The first header of this name, or undefined. An empty value is "", not undefined. */
  get(name: string): string | undefined {
    const wanted = name.toLowerCase();
    return this.entries().find(([key]) => key.toLowerCase() === wanted)?.[1];
  }

  /** All headers of this name, in the order sent. */
  getAll(name: string): string[] {
    const wanted = name.toLowerCase();
    return this.entries().flatMap(([key, value]) => (key.toLowerCase() === wanted ? [value] : []));
  }

  /** All headers in the order sent. */
  entries(): readonly (readonly [name: string, value: string])[] {
    this.#headers ??= this.#text.split("\r\n").flatMap((line) => {
      const colon = line.indexOf(":");
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")] as [string, string]];
    });
    return this.#headers;
  }

  /** The packet as it came. */
  toString(): string {
    return this.#text;
  }
}
