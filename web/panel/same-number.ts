/** Numbers are told apart by their last ten digits: well enough among the calls of one phone. Pure. */
import type { CardView } from "../../src/panel/protocol.ts";

/** Is the call with this number, however it is written? */
export function isWith({ number, e164 }: Pick<CardView, "number" | "e164">, wanted: string): boolean {
  const tail = tailOf(wanted);
  return tail !== "" && (tailOf(e164 ?? "") === tail || tailOf(number ?? "") === tail);
}

/** A card that was made of the number alone has it for a name. */
export function isNamedByNumber(name: string, call: Pick<CardView, "number" | "e164">): boolean {
  return !/\p{L}/u.test(name) && isWith(call, name);
}

function tailOf(text: string): string {
  return text.replace(/\D/g, "").slice(-10);
}
