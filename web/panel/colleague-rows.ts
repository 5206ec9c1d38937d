/** The list of colleagues as lines: groups, their order, and the slice of a long list that is worth drawing. Pure. */
import type { Colleague, Me } from "../../src/panel/protocol.ts";
import type { Match } from "./field.ts";

export type ListLine =
  | { readonly kind: "group"; readonly department: string | null; readonly size: number }
  | { readonly kind: "row"; readonly match: Match };

export const ROW_PX = 40;
export const GROUP_PX = 28;

/** Everybody but the employee himself: the own department first, then by department, by name within; state changes no order. */
export function orderColleagues(
  colleagues: Iterable<Colleague>,
  me: Pick<Me, "extension" | "department">,
): readonly Colleague[] {
  const rank = (department: string | null) => (department === null ? 2 : department === me.department ? 0 : 1);
  return [...colleagues]
    .filter(({ extension }) => extension !== me.extension)
    .sort(
      (a, b) =>
        rank(a.department) - rank(b.department) ||
        (a.department ?? "").localeCompare(b.department ?? "") ||
        a.name.localeCompare(b.name),
    );
}

/** Groups are named only where there are several. */
export function groupLines(colleagues: readonly Colleague[]): readonly ListLine[] {
  const sizes = new Map<string | null, number>();
  for (const { department } of colleagues) sizes.set(department, (sizes.get(department) ?? 0) + 1);
  const lines: ListLine[] = [];
  let current: string | null | undefined;
  for (const colleague of colleagues) {
    if (sizes.size > 1 && colleague.department !== current) {
      current = colleague.department;
      lines.push({ kind: "group", department: current, size: sizes.get(current) ?? 0 });
    }
    lines.push({ kind: "row", match: { colleague, mark: null } });
  }
  return lines;
}

export interface ListSlice {
  readonly from: number;
  readonly to: number;
  /** Empty space that stands for the lines above and below, px. */
  readonly abovePx: number;
  readonly belowPx: number;
}

const DRAW_ALL_UP_TO = 200;
const SPARE_PX = 400;

/** Short lists are drawn whole; of a long one, what the window shows and a little more. */
export function sliceLines(lines: readonly ListLine[], scrollTop: number, heightPx: number): ListSlice {
  if (lines.length <= DRAW_ALL_UP_TO) return { from: 0, to: lines.length, abovePx: 0, belowPx: 0 };
  let from = 0;
  let to = 0;
  let abovePx = 0;
  let belowPx = 0;
  let top = 0;
  for (const [index, line] of lines.entries()) {
    const px = line.kind === "row" ? ROW_PX : GROUP_PX;
    if (top + px < scrollTop - SPARE_PX) {
      from = index + 1;
      abovePx = top + px;
    } else if (top <= scrollTop + heightPx + SPARE_PX) {
      to = index + 1;
    } else {
      belowPx += px;
    }
    top += px;
  }
  return { from, to, abovePx, belowPx };
}
