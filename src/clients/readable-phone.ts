import { parsePhoneNumberFromString } from "libphonenumber-js/max";

/**
 * A number as people read it, "+7 916 123-45-67": the last seven digits in the pairs that Russian and its neighbours'
 * numbers are read in. What is no international number stays as it is.
 * @param phone as intents spell it: E.164 with "+", or digits
 */
export function toReadablePhone(phone: string): string {
  const international = parsePhoneNumberFromString(phone)?.formatInternational() ?? phone;
  return international.replace(/(\d{3}) (\d{2}) (\d{2})$/, "$1-$2-$3");
}
