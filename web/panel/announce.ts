/** What a screen reader says when the state changes: one sentence, or nothing. Pure. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { MessageKey, Say } from "../i18n/words.ts";
import { nameOf } from "./card-face.ts";
import { formatDuration } from "./duration.ts";
import type { PanelState } from "./panel-state.ts";
import { callKey, type ShownCall } from "./shown-calls.ts";

export function announcement(before: PanelState, after: PanelState, say: Say): string | null {
  if (before.link.state === "live" && after.link.state === "stale") return say("say.stale");
  if (before.link.state === "stale" && after.link.state === "live") return say("say.live");

  const was = new Map(before.calls.map((call) => [callKey(call.card), call]));
  const changed = after.calls.filter((call) => stateOf(was.get(callKey(call.card))) !== stateOf(call));
  const [call] = changed;
  if (!call) return null;
  const live = after.calls.filter(({ endedAt }) => endedAt === null).length;
  // Twelve calls are not twelve messages.
  if (live > 2) return say("say.many", { count: live });
  if (call.endedAt !== null) {
    const { talkSince } = call.card;
    if (talkSince === null) return say("say.ended");
    return say("say.ended-after", { time: formatDuration(call.endedAt - talkSince, "waiting") });
  }
  const key = sentenceOf(call.card);
  return say(key, { who: whoOf(call.card, say) });
}

function stateOf(call: ShownCall | undefined): string | undefined {
  if (call?.endedAt !== null) return call && "ended";
  return `${call.card.state} ${call.card.pickedUp}`;
}

function sentenceOf({ state, direction, pickedUp }: CardView): MessageKey {
  if (state === "calling" && !pickedUp) return "say.own-phone";
  return state === "ringing" && direction === "internal" ? "say.ringing-colleague" : `say.${state}`;
}

function whoOf(card: CardView, say: Say): string {
  const client = card.clients.length === 1 ? card.clients[0] : undefined;
  return [nameOf(card) ?? say("call.hidden-number"), client?.company, card.line].filter(Boolean).join(", ");
}
