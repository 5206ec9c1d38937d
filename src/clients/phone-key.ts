/**
 * Turns what people type and phone systems send into keys by which two spellings of one number meet.
 * Knows national numbering plans through libphonenumber; knows nothing of the CRM.
 */
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * One phone number as a key.
 * `e164` is the whole truth when it is known. `national` is the number without its country code: it lets a number
 * written abroad's way ("901234567") meet the full one (+998901234567), see `sameNumber`.
 */
export interface PhoneKey {
  /** With "+"; null when the digits are no valid number of the account's country nor an international one. */
  readonly e164: string | null;
  /** Digits only. */
  readonly national: string;
}

/** Shorter ones are extensions, emergency and service numbers: they name nobody outside. */
const SHORTEST_NUMBER = 7;
/** Shorter ones without their country may be a town's own: 581-23-45 is no +354 581 2345. */
const SHORTEST_WHOLE = 9;
/** E.164 allows 15; the rest are international prefixes. */
const LONGEST_NUMBER = 18;

/** What phone systems and providers send when the caller hides the number. */
const HIDDEN = /anonym|unknown|unavailable|restricted|private|withheld|hidden|скрыт|неизвест/i;

/** "доб. 205", "вн.12", "ext 7", "x205", "#205", ",205", ";ext=5" at the end of a number; "/68" is another last pair. */
const EXTENSION = /\s*(?:,?\s*(?:доб|вн|внутр|ext|x|тон|ramal)[а-яa-z]*[.:=\s]*|[,#/]|;\s*ext=)\s*\d{1,6}\s*$/iu;

/**
 * Several numbers in one field. A comma parts them only when a whole number follows: else it dials an extension. A slash
 * does only between two whole ones: else it is how somebody writes a hyphen.
 */
const SEPARATOR =
  /[;|\n\r\t]+(?!\s*ext=)|\s+(?:и|или|or|and)\s+|,(?=(?:\D*\d){7})|(?<=(?:\d\D*){7})\/(?=(?:\D*\d){7})|\s\/\s/iu;

/**
 * Spellings that a numbering plan gave up but that people and providers still use; the metadata knows only the new ones.
 * Mexico dropped the mobile "1" (and 01, 044, 045) in 2019; Brazil gave mobiles a ninth digit by 2016.
 */
const RENUMBERED: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^\+521(\d{10})$/, "+52$1"],
  [/^\+520(?:1|4[45])(\d{10})$/, "+52$1"],
  [/^\+55(\d{2})([6-9]\d{7})$/, "+55$19$2"],
];

/** True when the phone system gave no number: empty, a word like "anonymous", or nothing but zeros. */
export function isHidden(raw: string | null): boolean {
  return raw === null || HIDDEN.test(raw) || !/[1-9]/.test(raw);
}

/**
 * All numbers in one field of a card, each once, in the order they stand. Junk and short numbers give nothing.
 * @param country ISO 3166 code in whose national format numbers without "+" are read
 */
export function readPhoneKeys(field: string, country: string): PhoneKey[] {
  const keys = field
    .split(SEPARATOR)
    .flatMap((part) => splitAtSpaces(part, country))
    .flatMap((part) => readPhoneKey(part, country) ?? []);
  return keys.filter((key, index) => keys.findIndex((other) => sameKey(other, key)) === index);
}

/** Reading a number takes long, and one call asks for its client's a dozen times: the last ones are remembered. */
const readKeys = new Map<string, PhoneKey | undefined>();
const KEYS_REMEMBERED = 1_000;
/** Characters; what is longer is no number alone. */
const LONGEST_REMEMBERED = 40;

/** One number; undefined when the text holds none. */
export function readPhoneKey(text: string, country: string): PhoneKey | undefined {
  if (text.length > LONGEST_REMEMBERED) return parsePhoneKey(text, country);
  const asked = `${country} ${text}`;
  if (readKeys.has(asked)) return readKeys.get(asked);
  const key = parsePhoneKey(text, country);
  if (readKeys.size >= KEYS_REMEMBERED) readKeys.clear();
  readKeys.set(asked, key);
  return key;
}

function parsePhoneKey(text: string, country: string): PhoneKey | undefined {
  if (isHidden(text)) return undefined;
  const plain = text.replace(EXTENSION, "");
  const digits = plain.replace(/\D/g, "");
  if (digits.length < SHORTEST_NUMBER || digits.length > LONGEST_NUMBER) return undefined;
  for (const spelling of spellings(plain, digits)) {
    const parsed = parsePhoneNumberFromString(spelling, toCountryCode(country));
    if (parsed === undefined) continue;
    if (parsed.isValid()) return { e164: parsed.number, national: parsed.nationalNumber };
    const renumbered = renumber(parsed.number);
    if (renumbered) return renumbered;
  }
  return { e164: null, national: digits };
}

/**
 * Do two keys name one number? Two valid numbers do only when they are equal. A number whose country is not known
 * meets another only in the whole of its national part: equal tails alone prove nothing (+7 916 … and +44 916 …).
 */
export function sameNumber(one: PhoneKey, other: PhoneKey): boolean {
  if (one.e164 !== null && other.e164 !== null) return one.e164 === other.e164;
  const isWhole = one.e164 === other.e164 || one.national.length >= SHORTEST_WHOLE;
  return isWhole && one.national === other.national;
}

/** E.164 with "+", or the digits as they came when they are no valid number: what the CRM is told. */
export function toCrmPhone(raw: string, country: string): string {
  const key = readPhoneKey(raw, country);
  if (key) return key.e164 ?? key.national;
  return raw.replace(/\D/g, "");
}

function sameKey(one: PhoneKey, other: PhoneKey): boolean {
  return one.e164 === other.e164 && one.national === other.national;
}

/** As written first; then as an international number whose "+" was left out or written as a prefix (00, 8-10). */
function spellings(plain: string, digits: string): string[] {
  if (plain.trim().startsWith("+")) return [plain];
  const international = digits.replace(/^(?:00|810)/, "");
  return international.length >= 11 || international !== digits ? [plain, `+${international}`] : [plain];
}

function renumber(number: string): PhoneKey | undefined {
  for (const [pattern, replacement] of RENUMBERED) {
    if (!pattern.test(number)) continue;
    const parsed = parsePhoneNumberFromString(number.replace(pattern, replacement));
    if (parsed?.isValid()) return { e164: parsed.number, national: parsed.nationalNumber };
  }
  return undefined;
}

/** "89161234567 89161234568": taken apart only where the whole is too long for one number and each piece is valid. */
function splitAtSpaces(part: string, country: string): string[] {
  if (part.replace(EXTENSION, "").replace(/\D/g, "").length <= 13) return [part];
  const pieces = part.trim().split(/\s+/);
  for (let cut = 1; cut < pieces.length; cut++) {
    const head = pieces.slice(0, cut).join(" ");
    if (readPhoneKey(head, country)?.e164 == null) continue;
    const tail = pieces.slice(cut).join(" ");
    if (tail.replace(/\D/g, "").length < SHORTEST_NUMBER) continue; // the rest belongs to this number
    return [head, ...splitAtSpaces(tail, country)];
  }
  return [part];
}

function toCountryCode(country: string): CountryCode {
  const code = country.toUpperCase();
  if (!isSupportedCountry(code)) throw new RangeError(`no numbering plan for country "${country}"`);
  return code;
}
