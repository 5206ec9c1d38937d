/**
 * All that the panel's screen depends on, and how each happening changes it. Pure: the clock's time comes with the happening.
 */
import type { CardView, CommandRefusal, PanelCommand, RecentView } from "../../src/panel/protocol.ts";
import type { CommandEnd } from "../live/commands.ts";
import type { LiveView } from "../live/live-view.ts";
import type { LinkState } from "../live/panel-link.ts";
import { type Awaited, noteFree, toggleAwaited, withoutAwaited } from "./awaited.ts";
import {
  type CallNote,
  closeNotes,
  endWords,
  isResent,
  isWord,
  type NoteStep,
  noteOf,
  sendWords,
  stepNotes,
} from "./call-notes.ts";
import { nameOf } from "./card-face.ts";
import { failureOf, isNoNews } from "./command-ends.ts";
import { type DialAttempt, followDial } from "./dial-attempt.ts";
import {
  type DistantCalls,
  distantKey,
  mergeDistant,
  NO_DISTANT_CALLS,
  withoutDistant,
  withoutOver,
} from "./distant-calls.ts";
import { handOverTarget, startPicking, stopPicking } from "./handing-over.ts";
import { FIRST_SHAPE, FIRST_WIDTH_PX, type Shape, type ShapeStep, stepShape, toWidth } from "./shape.ts";
import { callKey, goneFrom, keptBy, mergeCalls, type ShownCall, withoutEnded } from "./shown-calls.ts";

/** Why a command came to nothing, as far as the person must be told. */
export type Failure = Exclude<CommandRefusal, "cancelled"> | "timed-out" | "not-sent";

/** A command that was given and has not shown its effect yet. */
export interface Asked {
  readonly id: string;
  readonly kind: Exclude<PanelCommand["kind"], "dial">;
  readonly callId: string;
  /** The call as it looked when the command was given. */
  readonly look: string;
}

/** What went wrong with a command, said beside the calls. */
export interface Notice {
  readonly what: Exclude<PanelCommand["kind"], "dial"> | "copy";
  readonly failure: Failure | null;
  readonly at: number;
}

/** Tones that were typed into a talk. */
export interface Keypad {
  /** The talk, by `callKey`. */
  readonly call: string;
  readonly typed: string;
}

export type ListTab = "colleagues" | "recent";

export interface PanelState {
  readonly link: LinkState;
  readonly shape: Shape;
  readonly calls: readonly ShownCall[];
  readonly distant: DistantCalls;
  /** Calls that have opened the panel in this tab, so that one that the person put away stays away. */
  readonly announced: ReadonlySet<string>;
  readonly dial: DialAttempt | null;
  /** The own device that rings for a dial; null: the first. */
  readonly device: string | null;
  readonly asked: readonly Asked[];
  readonly awaited: readonly Awaited[];
  readonly notice: Notice | null;
  readonly keypad: Keypad | null;
  /** What is being written of calls for the CRM. */
  readonly notes: readonly CallNote[];
  /** The person looks for somebody to hand the call over to; the list was opened for that alone. */
  readonly picking: { readonly openedList: boolean } | null;
  /** Own last calls, newest first; null: not told yet. */
  readonly recent: readonly RecentView[] | null;
  /** What the list shows while nothing is typed. */
  readonly tab: ListTab;
  readonly query: string;
  /** Chosen row of the list (colleague) or of the numbers in the text; null: none. */
  readonly chosen: number | null;
  /** This tab is the one that shows calls by itself. */
  readonly leads: boolean;
  /** When the pointer was last seen to move over the panel, epoch ms; null: it is elsewhere. */
  readonly pointerAt: number | null;
  readonly theme: "light" | "dark";
  /** Of the open panel, px. */
  readonly width: number;
  readonly room: { readonly width: number; readonly height: number };
  /** Path of the card that the CRM shows; null: it shows none. */
  readonly openCard: string | null;
}

export type PanelStep =
  | { readonly type: "link"; readonly link: LinkState; readonly now: number }
  | {
      readonly type: "page";
      readonly theme: PanelState["theme"];
      readonly room: PanelState["room"];
      readonly openCard: string | null;
    }
  | { readonly type: "shape"; readonly step: ShapeStep }
  | { readonly type: "shape-kept"; readonly size: Shape["size"]; readonly list: boolean; readonly width: number }
  | { readonly type: "width"; readonly width: number }
  | { readonly type: "leads"; readonly leads: boolean }
  | { readonly type: "recent"; readonly calls: readonly RecentView[] }
  | { readonly type: "tab"; readonly tab: ListTab }
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
  /** The person wants to be told when this busy colleague is free, or not any more. */
  | { readonly type: "awaited"; readonly extension: string; readonly name: string }
  | { readonly type: "device"; readonly device: string | null }
  | { readonly type: "asked"; readonly id: string; readonly command: Exclude<PanelCommand, { kind: "dial" }> }
  | {
      readonly type: "command-ended";
      readonly id: string;
      readonly command: PanelCommand;
      readonly end: CommandEnd;
      readonly now: number;
    }
  /** The person has seen enough of a call that is over, or does not want the one that is offered. */
  | { readonly type: "put-away"; readonly key: string }
  | { readonly type: "picking"; readonly on: boolean }
  | { readonly type: "keypad"; readonly call: string | null }
  | { readonly type: "tone"; readonly digit: string }
  | { readonly type: "note"; readonly step: NoteStep }
  | { readonly type: "notice"; readonly notice: Notice | null }
  | { readonly type: "pointer"; readonly inside: boolean; readonly now: number }
  /** Time has passed: what was to be seen for a while may go. */
  | { readonly type: "tick"; readonly now: number };

export function firstState(): PanelState {
  return {
    link: { state: "connecting", attempt: 1 },
    shape: FIRST_SHAPE,
    calls: [],
    distant: NO_DISTANT_CALLS,
    announced: new Set(),
    dial: null,
    device: null,
    asked: [],
    awaited: [],
    notice: null,
    keypad: null,
    notes: [],
    picking: null,
    recent: null,
    tab: "colleagues",
    query: "",
    chosen: null,
    leads: false,
    pointerAt: null,
    theme: "light",
    width: FIRST_WIDTH_PX,
    room: { width: 1280, height: 720 },
    openCard: null,
  };
}

export function step(state: PanelState, happening: PanelStep): PanelState {
  switch (happening.type) {
    case "link":
      return takeLink(state, happening.link, happening.now);
    case "page":
      return { ...state, theme: happening.theme, room: happening.room, openCard: happening.openCard };
    case "shape":
      return { ...state, shape: stepShape(state.shape, happening.step) };
    case "shape-kept":
      return {
        ...state,
        shape: { size: happening.size, list: happening.list, before: null },
        width: toWidth(happening.width),
      };
    case "width":
      return { ...state, width: toWidth(happening.width) };
    case "leads":
      return announce({ ...state, leads: happening.leads });
    case "recent":
      return { ...state, recent: happening.calls };
    case "tab":
      return { ...state, tab: happening.tab, chosen: null };
    case "typed":
      return { ...state, query: happening.query, chosen: null };
    case "chosen":
      return { ...state, chosen: happening.chosen };
    case "dialled": {
      const { commandId, number, name, now } = happening;
      const dial = { commandId, number, name, askedAt: now, call: null, failure: null, collision: null };
      const awaited = withoutAwaited(state.awaited, number);
      // A new call is worth more than the cards of those that are over.
      const isKept = keptBy(state.notes);
      const calls = state.calls.filter((call) => call.endedAt === null || isKept(call));
      const notes = closeNotes(state.notes, goneFrom(state.calls, calls));
      return { ...state, dial, awaited, calls, notes, query: "", chosen: null, shape: stepShape(state.shape, "call") };
    }
    case "awaited":
      return { ...state, awaited: toggleAwaited(state.awaited, happening.extension, happening.name) };
    case "device":
      return { ...state, device: happening.device };
    case "dial-closed":
      return settle({ ...state, dial: null });
    case "asked": {
      const { id, command } = happening;
      const asked = { id, kind: command.kind, callId: command.callId, look: lookOf(state, command.callId) };
      const notes = isWord(command) ? sendWords(state.notes, command) : state.notes;
      return { ...state, asked: [...state.asked, asked], notes, notice: null };
    }
    case "command-ended":
      return takeEnd(state, happening);
    case "put-away": {
      const calls = state.calls.filter(({ card, endedAt }) => endedAt === null || callKey(card) !== happening.key);
      return settle({ ...state, calls, distant: withoutDistant(state.distant, happening.key) });
    }
    case "picking":
      return happening.on ? startPicking(state) : stopPicking(state);
    case "keypad":
      return { ...state, keypad: happening.call === null ? null : { call: happening.call, typed: "" } };
    case "tone":
      return state.keypad
        ? { ...state, keypad: { ...state.keypad, typed: state.keypad.typed + happening.digit } }
        : state;
    case "note":
      return { ...state, notes: stepNotes(state.notes, happening.step) };
    case "notice":
      return { ...state, notice: happening.notice };
    case "pointer":
      return tick({ ...state, pointerAt: happening.inside ? happening.now : null }, happening.now);
    case "tick":
      return tick(state, happening.now);
  }
}

/** The dial attempt is on the screen by itself: asked and no call seen yet, or refused. */
export function dialIsShown({ dial }: PanelState): boolean {
  return dial !== null && (dial.call === null || dial.failure !== null);
}

/** There is something of calls on the screen. */
export function hasCalls(state: PanelState): boolean {
  return state.calls.length > 0 || state.distant.shown.length > 0 || dialIsShown(state);
}

/** Changes with everything that a command may be to change. */
function lookOf({ calls, distant }: Pick<PanelState, "calls" | "distant">, callId: string): string {
  const cards = calls.filter(({ card, endedAt }) => endedAt === null && card.callId === callId);
  const others = distant.shown.filter(({ view }) => view.callId === callId);
  return JSON.stringify([cards.map(({ card: { state, pickedUp, transfer } }) => [state, pickedUp, transfer]), others]);
}

function takeLink(before: PanelState, link: LinkState, now: number): PanelState {
  if (link.state !== "live") return { ...before, link };
  const { view } = link;
  const cards = view.cards.map((card) => namingParked(card, view.parked));
  const merged = mergeCalls(before.calls, { ...view, cards }, now, keptBy(before.notes));
  const dial = followDial(before.dial, before.calls, merged);
  const distant = mergeDistant(before.distant, view, now);
  const calls = withoutTold(merged, dial, distant);
  const keys = new Set([...calls.map(({ card }) => callKey(card)), ...distant.shown.map(distantKey)]);
  const announced = new Set([...before.announced].filter((key) => keys.has(key)));
  // The first look at calls that were there before: only those that still ring ask for attention.
  const known = before.link.state === "connecting" ? view.cards.filter(({ state }) => state !== "ringing") : [];
  for (const card of known) announced.add(callKey(card));
  const asked = before.asked.filter(({ callId, look }) => look === lookOf({ calls, distant }, callId));
  const isKeyed = calls.some(
    ({ card, endedAt }) =>
      endedAt === null && callKey(card) === before.keypad?.call && card.can.includes("send-digits"),
  );
  const keypad = isKeyed ? before.keypad : null;
  const awaited = noteFree(before.awaited, view.colleagues);
  const notes = closeNotes(before.notes, goneFrom(before.calls, calls));
  const after = announce({ ...before, link, calls, distant, announced, dial, asked, awaited, keypad, notes });
  const settled = hasCalls(before) ? settle(after) : after;
  return handOverTarget(settled) === null ? stopPicking(settled) : settled;
}

/** The own phone that rings for a parked client shows the slot's number: it is the client to whom one will talk. */
function namingParked(card: CardView, parked: LiveView["parked"]): CardView {
  const fetched = card.state === "calling" ? parked.find(({ slot }) => slot === card.number) : undefined;
  return fetched ? { ...card, colleague: nameOf(fetched) } : card;
}

/** The call goes on in a parking slot. */
export function isParked({ link }: PanelState, callId: string): boolean {
  return "view" in link && link.view.parked.some((one) => one.callId === callId);
}

/** A call that this tab has not shown yet opens the panel, if it is this tab's turn. */
function announce(state: PanelState): PanelState {
  const live = [
    ...state.calls.flatMap(({ card, endedAt }) => (endedAt === null ? [callKey(card)] : [])),
    ...state.distant.shown.flatMap((one) => (one.overAt === null ? [distantKey(one)] : [])),
  ];
  const fresh = live.filter((key) => !state.announced.has(key));
  const isOwn = state.dial !== null && fresh.includes(state.dial.call ?? "");
  if (fresh.length === 0 || (!state.leads && !isOwn)) return state;
  return { ...state, announced: new Set([...state.announced, ...fresh]), shape: stepShape(state.shape, "call") };
}

/** A call whose refusal is told, or that goes on at a colleague's, needs no second word that it is over here. */
function withoutTold(
  calls: readonly ShownCall[],
  dial: DialAttempt | null,
  distant: DistantCalls,
): readonly ShownCall[] {
  const refused = dial?.failure ? dial.call : null;
  const elsewhere = new Set(distant.shown.map(({ view }) => view.callId));
  return calls.filter(
    ({ card, endedAt }) => endedAt === null || (callKey(card) !== refused && !elsewhere.has(card.callId)),
  );
}

function takeEnd(
  before: PanelState,
  { id, command, end, now }: Extract<PanelStep, { type: "command-ended" }>,
): PanelState {
  const state = { ...before, asked: before.asked.filter((asked) => asked.id !== id) };
  if (command.kind === "dial") return takeDialEnd(state, id, end);
  const failure = failureOf(end);
  if (isWord(command)) {
    const notes = endWords(state.notes, command, failure);
    if (failure === null || isResent(failure) || noteOf(notes, command.callId)?.isOpen) return { ...state, notes };
    // Its field, which would tell, is not on the screen any more.
    const notice = { what: command.kind, failure, at: now };
    return { ...state, notes, notice, shape: stepShape(state.shape, "expand") };
  }
  if (failure === null || isNoNews(command.kind, failure)) return state;
  return { ...state, notice: { what: command.kind, failure, at: now } };
}

function takeDialEnd(state: PanelState, id: string, end: CommandEnd): PanelState {
  if (state.dial?.commandId !== id) return state;
  if (end.state === "warned") return { ...state, dial: { ...state.dial, collision: end.collision } };
  const failure = failureOf(end);
  if (failure === null) return settle({ ...state, dial: state.dial.call === null ? null : state.dial });
  const dial = { ...state.dial, failure };
  return { ...state, dial, calls: withoutTold(state.calls, dial, state.distant) };
}

/** A pointer that has not moved for so long aims at nothing: whoever laid it there is away, milliseconds. */
const POINTER_RESTS_MS = 30_000;
/** So long a refusal stays to be read, milliseconds. */
const NOTICE_SHOWN_MS = 15_000;

function tick(state: PanelState, now: number): PanelState {
  if (state.pointerAt !== null && now - state.pointerAt < POINTER_RESTS_MS) return state;
  const calls = withoutEnded(state.calls, now, state.shape.size === "open", keptBy(state.notes));
  const distant = withoutOver(state.distant, now);
  const notice = state.notice && now - state.notice.at < NOTICE_SHOWN_MS ? state.notice : null;
  if (calls === state.calls && distant === state.distant && notice === state.notice) return state;
  const after = { ...state, calls, distant, notice, notes: closeNotes(state.notes, goneFrom(state.calls, calls)) };
  return hasCalls(state) ? settle(after) : after;
}

/** When nothing is left to show, the panel goes back to where a call had found it. */
function settle(state: PanelState): PanelState {
  return hasCalls(state) ? state : { ...state, shape: stepShape(state.shape, "calls-over") };
}
