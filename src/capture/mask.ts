/** Headers whose value is a person's name. */
const NAME_HEADER = /^[A-Za-z]*(?:CallerID|ConnectedLine)Name$/i;
/** MikoPBX packs whole records, numbers included, into such a header as base64. */
const PACKED_HEADERS: ReadonlySet<string> = new Set(["AgiData"]);
/** A number that could be a client's: extensions are shorter, no number is longer (E.164). */
const DIGITS = /\d{7,15}/g;
/** Behind these a run of digits belongs to an id, a time or an address (`mikopbx-1795438710.159`, `PJSIP/201-00000012`). */
const PART_OF_AN_ID_BEFORE = /[\w.-]$/;
const PART_OF_AN_ID_AFTER = /^[A-Za-z_]|^\.\d/;
/** National and international spellings of a number end alike: 8 916 … and +7 916 … */
const SUBSCRIBER_DIGITS = 10;

/**
 * Takes people's numbers and names out of a capture and keeps it a true one: the same number becomes the same other
 * number of the same length and first digits in every spelling and place, so that calls can still be told apart.
 */
export class CaptureMask {
  readonly #numbers = new Map<string, string>();
  readonly #names = new Map<string, string>();
  readonly #kept: ReadonlySet<string>;

  /** @param kept numbers that stay, such as the company's own lines; digits only */
  constructor(kept: readonly string[] = []) {
    this.#kept = new Set(kept.map(subscriberPart));
  }

  /** How many different numbers were masked. */
  get maskedNumbers(): number {
    return this.#numbers.size;
  }

  /** @param packet as AMI sends it: lines separated by CRLF */
  apply(packet: string): string {
    return packet
      .split("\r\n")
      .map((line) => this.#maskLine(line))
      .join("\r\n");
  }

  #maskLine(line: string): string {
    const colon = line.indexOf(":");
    const header = line.slice(0, Math.max(colon, 0));
    const value = line.slice(colon + 1).trim();
    if (PACKED_HEADERS.has(header)) return `${header}: (left out)`;
    if (NAME_HEADER.test(header) && isName(value)) return `${header}: ${stableName(this.#names, value)}`;
    return line.replace(DIGITS, (digits, at: number) => {
      const standsAlone =
        !PART_OF_AN_ID_BEFORE.test(line.slice(0, at)) && !PART_OF_AN_ID_AFTER.test(line.slice(at + digits.length));
      return this.#maskNumber(digits, standsAlone);
    });
  }

  /** Within an id or a file's name only numbers that were seen to be one are masked. */
  #maskNumber(digits: string, standsAlone: boolean): string {
    const subscriber = subscriberPart(digits);
    if (this.#kept.has(subscriber) || !(standsAlone || this.#numbers.has(subscriber))) return digits;
    const masked = this.#numbers.get(subscriber) ?? String(this.#numbers.size + 1).padStart(subscriber.length, "0");
    this.#numbers.set(subscriber, masked);
    // an area code of 9 keeps a mobile number a mobile number
    return digits.slice(0, -subscriber.length) + subscriber.slice(0, 1) + masked.slice(1);
  }
}

function subscriberPart(digits: string): string {
  return digits.slice(-SUBSCRIBER_DIGITS);
}

function isName(value: string): boolean {
  return /\p{Letter}/u.test(value) && value !== "<unknown>";
}

function stableName(names: Map<string, string>, name: string): string {
  const masked = names.get(name) ?? `Name ${names.size + 1}`;
  names.set(name, masked);
  return masked;
}
