/**
 * All that the panel's screen depends on, and how each happening changes it. Pure: the clock's time comes with the happening.
 */
import type { CardView, CommandRefusal, PanelCommand } from "../../src/panel/protocol.ts";
import type { CommandEnd } from "../live/commands.ts";
import type { LinkState } from "../live/panel-link.ts";
import { FIRST_SHAPE, type Shape, type ShapeStep, stepShape } from "./shape.ts";
import { callKey, mergeCalls, type ShownCall, withoutEnded } from "./shown-calls.ts";

/** Why a command came to nothing, as far as the person must be told. */
export type Failure = Exclude<CommandRefusal, "cancelled"> | "timed-out" | "not-sent";

/** A call that the person asked for here, until it has ended or was refused. */
export interface DialAttempt {
  readonly commandId: string;
  readonly number: string;
  /** Colleague's name; null for an outside number. */
  readonly name: string | null;
  readonly askedAt: number;
  /** The call it became, by `callKey`; null as long as none was seen. */
  readonly call: string | null;
  readonly failure: Failure | null;
}

/** What went wrong with a small command, said in the card. */
export interface Notice {
  readonly what: "hang-up" | "open-client" | "copy";
  readonly failure: Failure | null;
}

export interface PanelState {
  readonly link: LinkState;
  readonly shape: Shape;
  readonly calls: readonly ShownCall[];
  /** Calls that have opened the panel in this tab, so that one that the person put away stays away. */
  readonly announced: ReadonlySet<string>;
  readonly dial: DialAttempt | null;
  readonly notice: Notice | null;
  readonly query: string;
  /** Chosen row of the list (colleague) or of the numbers in the text; null: none. */
  readonly chosen: number | null;
  /** This tab is the one that shows calls by itself. */
  readonly leads: boolean;
  readonly pointerInside: boolean;
  readonly theme: "light" | "dark";
  readonly room: { readonly width: number; readonly height: number };
}

export type PanelStep =
  | { readonly type: "link"; readonly link: LinkState; readonly now: number }
  | {
      readonly type: "page";
      readonly theme: PanelState["theme"];
      readonly room: PanelState["room"];
    }
  | { readonly type: "shape"; readonly step: ShapeStep }
  | { readonly type: "shape-kept"; readonly size: Shape["size"]; readonly list: boolean }
  | { readonly type: "leads"; readonly leads: boolean }
  | { readonly type: "typed"; readonly query: string }
  | { readonly type: "chosen"; readonly chosen: number | null }
  | {
      readonly type: "dialled";
      readonly commandId: string;
      readonly number: string;
      readonly name: string | null;
      readonly now: number;
    }
  | { readonly type: "dial-closed" }
  | { readonly type: "command-ended"; readonly id: string; readonly command: PanelCommand; readonly end: CommandEnd }
  | { readonly type: "notice"; readonly notice: Notice | null }
  | { readonly type: "pointer"; readonly inside: boolean; readonly now: number }
  /** Time has passed: what was to be seen for a while may go. */
  | { readonly type: "tick"; readonly now: number };

export function firstState(): PanelState {
  return {
    link: { state: "connecting", attempt: 1 },
    shape: FIRST_SHAPE,
    calls: [],
    announced: new Set(),
    dial: null,
    notice: null,
    query: "",
    chosen: null,
    leads: false,
    pointerInside: false,
    theme: "light",
    room: { width: 1280, height: 720 },
  };
}

export function step(state: PanelState, happening: PanelStep): PanelState {
  switch (happening.type) {
    case "link":
      return takeLink(state, happening.link, happening.now);
    case "page":
      return { ...state, theme: happening.theme, room: happening.room };
    case "shape":
      return { ...state, shape: stepShape(state.shape, happening.step) };
    case "shape-kept":
      return { ...state, shape: { size: happening.size, list: happening.list, before: null } };
    case "leads":
      return announce({ ...state, leads: happening.leads });
    case "typed":
      return { ...state, query: happening.query, chosen: null };
    case "chosen":
      return { ...state, chosen: happening.chosen };
    case "dialled": {
      const { commandId, number, name, now } = happening;
      const dial = { commandId, number, name, askedAt: now, call: null, failure: null };
      return { ...state, dial, query: "", chosen: null, shape: stepShape(state.shape, "call") };
    }
    case "dial-closed":
      return settle({ ...state, dial: null });
    case "command-ended":
      return takeEnd(state, happening.id, happening.command, happening.end);
    case "notice":
      return { ...state, notice: happening.notice };
    case "pointer":
      return tick({ ...state, pointerInside: happening.inside }, happening.now);
    case "tick":
      return tick(state, happening.now);
  }
}

/** The dial attempt is on the screen by itself: asked and no call seen yet, or refused. */
export function dialIsShown({ dial }: PanelState): boolean {
  return dial !== null && (dial.call === null || dial.failure !== null);
}

function takeLink(before: PanelState, link: LinkState, now: number): PanelState {
  if (link.state !== "live") return { ...before, link };
  const merged = mergeCalls(before.calls, link.view.cards, now);
  const dial = followDial(before, merged);
  const calls = withoutRefused(merged, dial);
  const shownBefore = new Set(before.calls.map(({ card }) => callKey(card)));
  const announced = new Set([...before.announced].filter((key) => shownBefore.has(key)));
  // The first look at calls that were there before: only those that still ring ask for attention.
  const known = before.link.state === "connecting" ? link.view.cards.filter(({ state }) => state !== "ringing") : [];
  for (const card of known) announced.add(callKey(card));
  const notice = calls.some(({ endedAt }) => endedAt === null) ? before.notice : null;
  return announce({ ...before, link, calls, notice, announced, dial });
}

/** A call that this tab has not shown yet opens the panel, if it is this tab's turn. */
function announce(state: PanelState): PanelState {
  const fresh = state.calls.filter(({ card, endedAt }) => endedAt === null && !state.announced.has(callKey(card)));
  const own = fresh.filter(({ card }) => callKey(card) === state.dial?.call);
  if (fresh.length === 0 || (!state.leads && own.length === 0)) return state;
  const announced = new Set([...state.announced, ...fresh.map(({ card }) => callKey(card))]);
  return { ...state, announced, shape: stepShape(state.shape, "call") };
}

/** Finds the call that the attempt became: the first new one to that number. */
function followDial(before: PanelState, calls: readonly ShownCall[]): DialAttempt | null {
  const { dial } = before;
  if (!dial || dial.call !== null) return dial;
  const known = new Set(before.calls.map(({ card }) => callKey(card)));
  const call = calls.find(({ card }) => !known.has(callKey(card)) && isTo(card, dial.number));
  return call ? { ...dial, call: callKey(call.card) } : dial;
}

/** A call whose refusal is told needs no second word that it is over. */
function withoutRefused(calls: readonly ShownCall[], dial: DialAttempt | null): readonly ShownCall[] {
  if (!dial?.failure) return calls;
  return calls.filter(({ card, endedAt }) => endedAt === null || callKey(card) !== dial.call);
}

/** The last ten digits tell a number well enough among the calls of one phone. */
function isTo(card: CardView, number: string): boolean {
  const tail = (text: string | null) => (text ?? "").replace(/\D/g, "").slice(-10);
  const wanted = tail(number);
  return wanted !== "" && (tail(card.e164) === wanted || tail(card.number) === wanted);
}

function takeEnd(state: PanelState, id: string, command: PanelCommand, end: CommandEnd): PanelState {
  const failure = end.state === "refused" ? end.reason : end.state === "done" ? null : end.state;
  if (command.kind === "dial") {
    if (state.dial?.commandId !== id) return state;
    // Cancelled: the person did that.
    if (failure === null || failure === "cancelled")
      return settle({ ...state, dial: state.dial.call === null ? null : state.dial });
    const dial = { ...state.dial, failure };
    return { ...state, dial, calls: withoutRefused(state.calls, dial) };
  }
  // Asked twice, or gone by itself: what the person wanted is so.
  if (failure === null || failure === "cancelled" || failure === "already-running") return state;
  if (command.kind === "hang-up" && failure === "no-such-call") return state;
  return { ...state, notice: { what: command.kind, failure } };
}

function tick(state: PanelState, now: number): PanelState {
  if (state.pointerInside) return state;
  const calls = withoutEnded(state.calls, now);
  return calls === state.calls ? state : settle({ ...state, calls });
}

/** When nothing is left to show, the panel goes back to where a call had found it. */
function settle(state: PanelState): PanelState {
  if (state.calls.length > 0 || dialIsShown(state)) return state;
  return { ...state, shape: stepShape(state.shape, "calls-over") };
}
