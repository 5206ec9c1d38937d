/**
 * Which calls stand where. Pure. Nothing moves under the pointer: a call keeps its place, a new one comes last, and one that
 * has ended stays grey for three seconds, or until the pointer leaves.
 */
import type { CardView, EndedView } from "../../src/panel/protocol.ts";
import type { LiveView } from "../live/live-view.ts";
import { type CallNote, isUnsettled, mayHaveNote, noteOf } from "./call-notes.ts";

export interface ShownCall {
  readonly card: CardView;
  /** Epoch ms; null while it lives. */
  readonly endedAt: number | null;
  /** How it ended here, when there is more to say than that it is over. */
  readonly end: CallEnd | null;
}

export type CallEnd = Pick<EndedView, "how" | "by">;

export const ENDED_SHOWN_MS = 3_000;
/** A missed call is somebody to call back: so long it is offered, unless it is put away. */
export const MISSED_SHOWN_MS = 10_000;

/** There is something to write of a talk: so long its field is offered, unless it is put away. */
export const TALK_SHOWN_MS = 30_000;

/** One employee may have two legs in one call (two phones): the leg is part of the name. */
export function callKey({ callId, legId }: Pick<CardView, "callId" | "legId">): string {
  return `${callId} ${legId}`;
}

export function mergeCalls(
  shown: readonly ShownCall[],
  { cards, ended }: Pick<LiveView, "cards" | "ended">,
  now: number,
  isKept: IsKept = () => false,
): readonly ShownCall[] {
  const live = new Map(cards.map((card) => [callKey(card), card]));
  const ends = new Map(ended.map((end) => [callKey(end), end]));
  const kept = shown.map((call): ShownCall => {
    const key = callKey(call.card);
    const card = live.get(key);
    if (!card) return call.endedAt === null ? { card: call.card, endedAt: now, end: ends.get(key) ?? null } : call;
    live.delete(key);
    return { card, endedAt: null, end: null };
  });
  const fresh = [...live.values()].sort((a, b) => a.startedAt - b.startedAt);
  // A new call is worth more than the places of those that are all over.
  const isOver = fresh.length > 0 && kept.every(({ endedAt }) => endedAt !== null);
  const stays = isOver ? kept.filter(isKept) : kept;
  return [...stays, ...fresh.map((card): ShownCall => ({ card, endedAt: null, end: null }))];
}

/** The person is still at it, though it is over. */
type IsKept = (call: ShownCall) => boolean;

/** What is written of a call that is over keeps its card. */
export function keptBy(notes: readonly CallNote[]): IsKept {
  return ({ card }) => {
    const note = noteOf(notes, card.callId);
    return note !== null && isUnsettled(note);
  };
}

/** Ids of the calls that have no card any more. */
export function goneFrom(before: readonly ShownCall[], after: readonly ShownCall[]): readonly string[] {
  const left = new Set(after.map(({ card }) => card.callId));
  return before.map(({ card }) => card.callId).filter((id) => !left.has(id));
}

/** @param isOpen the cards are on the screen, and not the pill alone */
export function withoutEnded(
  shown: readonly ShownCall[],
  now: number,
  isOpen: boolean,
  isKept: IsKept,
): readonly ShownCall[] {
  const stays = shown.filter(
    (call) => call.endedAt === null || now - call.endedAt < shownMs(call, isOpen) || isKept(call),
  );
  return stays.length === shown.length ? shown : stays;
}

function shownMs(call: ShownCall, isOpen: boolean): number {
  if (call.end?.how === "missed") return MISSED_SHOWN_MS;
  return isOpen && isTalkToNote(call) ? TALK_SHOWN_MS : ENDED_SHOWN_MS;
}

/** A talk with a client that is over here, of which the CRM may be told something. */
export function isTalkToNote({ card, endedAt, end }: ShownCall): boolean {
  return (
    endedAt !== null && (end === null || end.how === "handed-over") && card.talkSince !== null && mayHaveNote(card)
  );
}

export interface CallPlaces {
  /** The call that has the whole card; null when the board shows them all. */
  readonly main: ShownCall | null;
  /** The other one of two, a line above the card. */
  readonly second: ShownCall | null;
  /** From the third call on: all that wait. */
  readonly board: readonly ShownCall[];
}

/** One call: a card. Two: the later one is a line above it. Three: a board, and the card of the talk, if there is one. */
export function placeCalls(shown: readonly ShownCall[]): CallPlaces {
  if (shown.length <= 2) return { main: shown[0] ?? null, second: shown[1] ?? null, board: [] };
  const main = shown.find((call) => call.endedAt === null && isTalk(call.card)) ?? null;
  return { main, second: null, board: shown.filter((call) => call !== main) };
}

function isTalk({ state }: CardView): boolean {
  return state !== "ringing" && state !== "calling";
}
