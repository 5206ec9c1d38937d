/** The shape that the person left the panel in, for the next page of the CRM and the next morning. */
import { FIRST_SHAPE, type Shape } from "./shape.ts";

const KEY = "kommutator.shape";

export function loadShape(page: Window): Shape {
  try {
    const kept: unknown = JSON.parse(page.localStorage.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null || !("size" in kept) || !("list" in kept)) return FIRST_SHAPE;
    const { size, list } = kept;
    if ((size === "edge" || size === "pill" || size === "open") && typeof list === "boolean")
      return { size, list, before: null };
  } catch {
    // A browser that keeps nothing for frames of other sites: every page begins with the first shape.
  }
  return FIRST_SHAPE;
}

/** A shape that a call brought is not kept: the one before it is. */
export function saveShape(page: Window, shape: Shape): void {
  const { size, list } = shape.before ?? shape;
  try {
    page.localStorage.setItem(KEY, JSON.stringify({ size, list }));
  } catch {
    // As above.
  }
}
