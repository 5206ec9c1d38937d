/** Which call ENTER and a double click hand over, and the search for whom to hand it to. Pure. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { ListTab, PanelState } from "./panel-state.ts";
import { stepShape } from "./shape.ts";
import { placeCalls } from "./shown-calls.ts";

export interface HandOverTarget {
  readonly card: CardView;
  /** ENTER asks the colleague first; else it gives the call away. */
  readonly asks: boolean;
  /** It can be given away at once. */
  readonly gives: boolean;
}

/** The call that would be handed over now: the one with the card, else the only one that can be. */
export function handOverTarget({ calls }: PanelState): HandOverTarget | null {
  const targets = calls.flatMap(({ card, endedAt }) => {
    const asks = card.can.includes("attended-transfer");
    const gives = card.can.includes("blind-transfer");
    return endedAt === null && (asks || gives) ? [{ card, asks, gives }] : [];
  });
  const { main } = placeCalls(calls);
  return targets.find(({ card }) => card === main?.card) ?? (targets.length === 1 ? (targets[0] ?? null) : null);
}

/** Longer than any extension. */
const SHORTEST_OUTSIDE = 7;

/** False for an outside number where the PBX hands over to its own only. */
export function mayHandOverTo({ card }: HandOverTarget, number: string): boolean {
  return card.transfersOutside || number.replace(/\D/g, "").length < SHORTEST_OUTSIDE;
}

export function startPicking(state: PanelState): PanelState {
  if (handOverTarget(state) === null) return state;
  const openedList = state.picking?.openedList ?? !state.shape.list;
  return { ...state, picking: { openedList }, keypad: null, shape: stepShape(state.shape, "pick") };
}

export function stopPicking(state: PanelState): PanelState {
  if (state.picking === null) return state;
  const shape = state.picking.openedList ? stepShape(state.shape, "picked") : state.shape;
  return { ...state, picking: null, query: "", chosen: null, shape };
}

/** With a call that can be handed over, the list is of those who may take it. */
export function shownList(state: PanelState): ListTab {
  return handOverTarget(state) === null ? state.tab : "colleagues";
}
