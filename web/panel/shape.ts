/**
 * How much of the panel is on the screen. Pure: what the person does and what calls do, and the shape after it.
 *
 *   edge ◄──hide── open ──collapse──► pill        A call opens the panel; when the last call is over, it goes back
 *     └──reveal──►  ▲ └────────expand──┘          to where it was, unless the person took it over meanwhile.
 *          call ────┘
 */
export interface Shape {
  readonly size: "edge" | "pill" | "open";
  /** Colleagues are shown (while open). */
  readonly list: boolean;
  /** Where to go when the calls are over; null when the person chose the present shape. */
  readonly before: { readonly size: Shape["size"]; readonly list: boolean } | null;
}

export type ShapeStep =
  | "hide"
  | "collapse"
  | "expand"
  | "toggle-list"
  | "reveal"
  | "focus-field"
  | "call"
  | "pick"
  | "picked"
  | "calls-over";

export const FIRST_WIDTH_PX = 320;
export const NARROWEST_PX = 280;
export const WIDEST_PX = 420;

/** The nearest width that the panel may have, px. */
export function toWidth(px: number): number {
  return Math.round(Math.min(Math.max(px, NARROWEST_PX), WIDEST_PX));
}

export const FIRST_SHAPE: Shape = { size: "pill", list: true, before: null };

export function stepShape(shape: Shape, step: ShapeStep): Shape {
  switch (step) {
    case "hide":
      return { size: "edge", list: shape.before?.list ?? shape.list, before: null };
    case "collapse":
      return { ...shape, size: "pill" };
    case "expand":
      return { ...shape, size: "open" };
    case "toggle-list":
      return { size: "open", list: !shape.list, before: null };
    case "reveal":
      return shape.size === "edge" ? { size: "open", list: shape.list, before: null } : shape;
    case "focus-field":
      return { size: "open", list: true, before: null };
    case "call":
      if (shape.size === "open") return shape;
      // Alone, the card is small: the list would cover the CRM for a person who had put it away.
      return { size: "open", list: false, before: shape.before ?? { size: shape.size, list: shape.list } };
    case "pick":
      return { ...shape, size: "open", list: true };
    case "picked":
      return { ...shape, list: false };
    case "calls-over":
      return shape.before ? { ...shape.before, before: null } : shape;
  }
}
