/**
 * What the text in the one field means, and so what ENTER will do. Pure.
 * A typed number is shown as typed, only grouped: which country it belongs to is for the service to know.
 */
import type { Colleague } from "../../src/panel/protocol.ts";
import { onOtherLayout } from "./keyboard-layout.ts";

/** A colleague whose name, department or number holds the text; `mark` is the part of the name to show as matched. */
export interface Match {
  readonly colleague: Colleague;
  readonly mark: { readonly from: number; readonly to: number } | null;
}

export type FieldMeaning =
  | { readonly kind: "empty" }
  /** ENTER dials it. `matches`: colleagues whose extension begins so. */
  | {
      readonly kind: "number";
      readonly number: string;
      readonly colleague: Colleague | null;
      readonly extensionAfter: string | null;
      readonly matches: readonly Match[];
    }
  /** Several numbers in a pasted text: ENTER dials the chosen one. */
  | { readonly kind: "numbers"; readonly numbers: readonly string[] }
  /** ENTER calls the single match, or the chosen one. `asIf`: the text was taken as typed on the other layout. */
  | { readonly kind: "filter"; readonly matches: readonly Match[]; readonly asIf: string | null };

const SHORTEST_OUTSIDE = 5;
/** E.164 allows 15 digits; more are not one number. */
const LONGEST = 15;
const NUMBER = /\+?\d(?:[\s().‒–—-]*\d)*/g;
const EXTENSION = /(?:доб(?:авочный)?|вн(?:утр)?|ext|x|#)[.:\s№]*(\d{1,6})\s*$/i;

export function readField(text: string, colleagues: readonly Colleague[]): FieldMeaning {
  const wanted = text.trim();
  if (wanted === "") return { kind: "empty" };

  const extensionAfter = EXTENSION.exec(wanted);
  const numbers = dialable(extensionAfter ? wanted.slice(0, extensionAfter.index) : wanted);
  const onlyDigits = /^[\d\s()+.‒–—-]+$/.test(wanted);
  const [first] = numbers;
  if (numbers.length > 1) return { kind: "numbers", numbers };
  if (first !== undefined && (onlyDigits || countDigits(first) >= SHORTEST_OUTSIDE)) {
    return {
      kind: "number",
      number: first,
      colleague: colleagues.find(({ extension }) => extension === first) ?? null,
      extensionAfter: extensionAfter?.[1] ?? null,
      matches: colleagues
        .filter(({ extension }) => extension.startsWith(first))
        .map((colleague) => ({ colleague, mark: null })),
    };
  }

  const matches = filterColleagues(wanted, colleagues);
  if (matches.length > 0) return { kind: "filter", matches, asIf: null };
  const other = onOtherLayout(wanted);
  const otherMatches = filterColleagues(other, colleagues);
  return { kind: "filter", matches: otherMatches, asIf: otherMatches.length > 0 ? other : null };
}

/** "8 916 123-45-67" from "89161234567": the digits as they are, in groups that are easy to check. */
export function groupNumber(number: string): string {
  const plus = number.startsWith("+") ? "+" : "";
  const digits = number.replace(/\D/g, "");
  const tail = (from: number) =>
    `${digits.slice(from, from + 3)} ${digits.slice(from + 3, from + 6)}-${digits.slice(from + 6, from + 8)}-${digits.slice(from + 8)}`;
  if (digits.length === 11) return `${plus}${digits.slice(0, 1)} ${tail(1)}`;
  if (digits.length === 10 && !plus) return tail(0);
  return plus + digits;
}

function dialable(text: string): string[] {
  const found = text.match(NUMBER) ?? [];
  const clean = found.map((run) => run.replace(/[^\d+]/g, "")).filter((number) => countDigits(number) <= LONGEST);
  // "8 812 309-45-67, 2 этаж": beside a full number the short ones are something else.
  const full = clean.filter((number) => countDigits(number) >= SHORTEST_OUTSIDE);
  return [...new Set(full.length > 0 ? full : clean)];
}

function countDigits(number: string): number {
  return number.replace(/\D/g, "").length;
}

function filterColleagues(text: string, colleagues: readonly Colleague[]): Match[] {
  const wanted = fold(text);
  return colleagues.flatMap((colleague): Match[] => {
    const from = fold(colleague.name).indexOf(wanted);
    if (from >= 0) return [{ colleague, mark: { from, to: from + wanted.length } }];
    const elsewhere = `${fold(colleague.department ?? "")} ${colleague.extension}`.includes(wanted);
    return elsewhere ? [{ colleague, mark: null }] : [];
  });
}

/** Keeps the length, so that a place in the folded name is the same place in the name. */
function fold(text: string): string {
  return text.toLowerCase().replaceAll("ё", "е");
}
