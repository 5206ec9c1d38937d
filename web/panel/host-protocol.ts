/**
 * What the panel and the widget in the CRM's page say to each other by `postMessage`. Both sides pin the other's origin and window
 * and check each message; nothing that is said here is ever executed. The widget's side is `web/widget/script.js`.
 */
import type { TicketAnswer } from "../live/panel-link.ts";
import { FIRST_WIDTH_PX } from "./shape.ts";

/** The CRM's page as far as the panel must know it. Its language chose the panel's page: `/panel/` or `/panel/en.html`. */
export interface HostPage {
  readonly theme: "light" | "dark";
  /** Room for the panel, px: the window without the CRM's bar at the bottom. */
  readonly width: number;
  readonly height: number;
  /** Path of the card that is open in it ("/leads/detail/1"); null: none is. A widget of an older archive tells of none. */
  readonly card: string | null;
}

/**
 * The shape that the person left the panel in. The CRM's page keeps it: browsers that refuse cookies of other sites let a frame
 * keep nothing.
 */
export interface KeptShape {
  readonly size: "edge" | "pill" | "open";
  readonly list: boolean;
  /** Of the open panel, px. */
  readonly width: number;
}

export type FromHost =
  /** First of all, when there is one. */
  | ({ readonly type: "kept" } & KeptShape)
  /** Before any ticket: what this tab has kept of `keep-words`. */
  | { readonly type: "kept-words"; readonly words: string }
  | ({ readonly type: "page" } & HostPage)
  | { readonly type: "ticket"; readonly answer: TicketAnswer }
  | { readonly type: "dial"; readonly number: string }
  /** Of all the CRM's tabs this one was looked at last (or no longer): it shows calls by itself. */
  | { readonly type: "lead"; readonly value: boolean }
  /** The pointer stayed at the right edge of the window. */
  | { readonly type: "reveal" }
  /** Where the pointer is, after `pull` and until `let-go`; `MouseEvent.screenX`. */
  | { readonly type: "pulled"; readonly screenX: number }
  | { readonly type: "let-go" }
  /** Alt K and Alt J in the CRM's page. */
  | { readonly type: "focus-field" }
  | { readonly type: "focus-call" };

/** A rectangle of the panel inside its frame, px. What lies between the parts belongs to the CRM's page, pointer and all. */
export interface FramePart {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly radius: number;
}

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly parts: readonly FramePart[];
  /** Put away: the frame touches the right edge of the window. */
  readonly edge: boolean;
}

export type ToHost =
  | { readonly type: "ready" }
  | { readonly type: "need-ticket" }
  | ({ readonly type: "frame" } & Frame)
  | { readonly type: "open"; readonly path: string }
  | ({ readonly type: "keep" } & KeptShape)
  /** To be kept as long as the tab lives; null: to be erased. A widget of an older archive keeps nothing. */
  | { readonly type: "keep-words"; readonly words: string | null }
  | { readonly type: "in-call"; readonly value: boolean }
  /** The panel's edge was taken and is being pulled: tell where the pointer goes. */
  | { readonly type: "pull" }
  | { readonly type: "give-focus-back" };

const CARD = /^\/(leads|contacts|companies)\/detail\/\d+$/;

/** The message, or null for anything that is not one: other scripts of the CRM's page post messages too. */
export function readFromHost(value: unknown): FromHost | null {
  if (typeof value !== "object" || value === null || !("type" in value)) return null;
  const message = value as Record<string, unknown>;
  switch (message["type"]) {
    case "page": {
      const { theme, width, height, card = null } = message;
      const isCard = card === null || (typeof card === "string" && CARD.test(card));
      const fits = (theme === "light" || theme === "dark") && isPx(width) && isPx(height);
      return fits && isCard ? { type: "page", theme, width, height, card } : null;
    }
    case "kept": {
      const { size, list, width = FIRST_WIDTH_PX } = message;
      const fits = (size === "edge" || size === "pill" || size === "open") && typeof list === "boolean" && isPx(width);
      return fits ? { type: "kept", size, list, width } : null;
    }
    case "kept-words":
      return typeof message["words"] === "string" ? { type: "kept-words", words: message["words"] } : null;
    case "lead":
      return typeof message["value"] === "boolean" ? { type: "lead", value: message["value"] } : null;
    case "ticket": {
      const { ticket, failure } = message;
      if (typeof ticket === "string") return { type: "ticket", answer: { ticket } };
      if (failure === "unreachable" || failure === "not-allowed") return { type: "ticket", answer: { failure } };
      return null;
    }
    case "dial":
      return typeof message["number"] === "string" ? { type: "dial", number: message["number"] } : null;
    case "pulled": {
      const { screenX } = message;
      return typeof screenX === "number" && Number.isFinite(screenX) ? { type: "pulled", screenX } : null;
    }
    case "let-go":
    case "reveal":
    case "focus-field":
    case "focus-call":
      return { type: message["type"] };
    default:
      return null;
  }
}

function isPx(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
