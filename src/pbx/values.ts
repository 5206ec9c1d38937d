/** What may reach an AMI action or a dialplan. Whatever could mean more than itself there is refused before it is sent. */
import { PhoneControlError } from "../calls/phone-control.ts";

/** As people dial: digits, feature codes, a leading plus. The rest has a meaning of its own somewhere in a dialplan. */
const NUMBER = /^\+?[0-9*#]{1,32}$/;
/** Names of endpoints; whatever could end one (`/ @ & , ;`) is not among them. */
const EXTENSION = /^[A-Za-z0-9_-]{1,32}$/;
/** Displays of desk phones are short, and SIP names are not to be trusted with more. */
const DISPLAY_LENGTH = 40;

/** @throws PhoneControlError `invalid-number` */
export function readNumber(number: string): string {
  if (!NUMBER.test(number)) throw new PhoneControlError("invalid-number");
  return number;
}

/** @throws PhoneControlError `invalid-extension` */
export function readExtension(extension: string): string {
  if (!EXTENSION.test(extension)) throw new PhoneControlError("invalid-extension");
  return extension;
}

/** Letters, digits and harmless marks of a free text: a caller's name is put into dialplan expressions unquoted. */
export function toDisplayText(text: string): string {
  return text
    .replaceAll(/[^\p{L}\p{N} .:!?+-]+/gu, " ")
    .replaceAll(/ +/g, " ")
    .trim()
    .slice(0, DISPLAY_LENGTH)
    .trimEnd();
}
