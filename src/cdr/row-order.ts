/** The rows of one call in the order in which they came to be: sources deal them in any, and their times are whole seconds. */
import type { CdrRow } from "./cdr-row.ts";

export function inOrderOfTime(rows: readonly CdrRow[]): CdrRow[] {
  const linkedids = new Set(rows.map(({ linkedid }) => linkedid));
  const rank = ({ uniqueid }: CdrRow) => (linkedids.has(uniqueid) ? 0 : 1);
  return [...rows].sort(
    (one, two) =>
      one.startedAt - two.startedAt ||
      rank(one) - rank(two) ||
      byBirth(one.uniqueid, two.uniqueid) ||
      inOrder(turnOf(one.dstChannel), turnOf(two.dstChannel)),
  );
}

/**
 * When a channel was made, among those of its technology: their names count up behind the dash (captures o27, o42). No channel
 * sorts behind all: an application runs when nobody is called any more.
 */
function turnOf(channel: string): string {
  const [, technology, count] = /^(\w+)\/.*-([0-9a-f]{8})(?:;[12])?$/i.exec(channel) ?? [];
  return channel === "" ? "\u{10ffff}" : `${technology ?? ""} ${count ?? ""}`;
}

/** Uniqueids of one second count up behind the dot. */
function byBirth(one: string, two: string): number {
  return one.localeCompare(two, "en", { numeric: true });
}

function inOrder(one: string, two: string): number {
  return one < two ? -1 : Number(one > two);
}
