/** What a screen reader says when the state changes: one sentence, or nothing. Pure. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import { type CallNote, noteOf } from "./call-notes.ts";
import { endedFace, isConsulting, isFailed, isSwapped, nameOf, targetOf } from "./card-face.ts";
import { type DistantCall, distantKey } from "./distant-calls.ts";
import { distantFace } from "./distant-face.ts";
import { formatDuration } from "./duration.ts";
import { lampNews } from "./lamp-words.ts";
import { isParked, type PanelState } from "./panel-state.ts";
import { callKey, type ShownCall } from "./shown-calls.ts";

export function announcement(before: PanelState, after: PanelState, say: Say): string | null {
  if (before.link.state === "live" && after.link.state === "stale") return say("say.stale");
  if (before.link.state === "stale" && after.link.state === "live") return say("say.live");
  if (before.link.state === "live" && after.link.state === "live") {
    const news = lampNews(before.link.view.lamps, after.link.view.lamps, after.link.me, say);
    if (news !== null) return news;
  }

  const wasBusy = new Set(before.awaited.filter(({ isFree }) => !isFree).map(({ extension }) => extension));
  const free = after.awaited.find(({ extension, isFree }) => isFree && wasBusy.has(extension));
  if (free) return say("awaited.free", { who: free.name });
  const [awaited] = after.awaited.slice(before.awaited.length);
  if (awaited) return say("awaited.waiting", { who: awaited.name });

  const kept = before.notes.find(({ callId, sending }) => {
    const note = noteOf(after.notes, callId);
    return sending !== null && (note === null || (note.sending === null && note.failure === null));
  });
  if (kept) return sentenceOfNote(kept, say);

  const was = new Map(before.calls.map((call) => [callKey(call.card), stateOf(call)]));
  const [call] = after.calls.filter((one) => was.get(callKey(one.card)) !== stateOf(one));
  const wasDistant = new Map(before.distant.shown.map((one) => [distantKey(one), one.overAt === null]));
  const [distant] = after.distant.shown.filter((one) => wasDistant.get(distantKey(one)) !== (one.overAt === null));
  if (!call && !distant) return null;
  const live = after.calls.filter(({ endedAt }) => endedAt === null).length;
  // Twelve calls are not twelve messages.
  if (live > 2) return say("say.many", { count: live });
  if (distant) return sentenceOfDistant(distant, say);
  if (!call) return null;
  const { card, endedAt } = call;
  return endedAt !== null && isParked(after, card.callId)
    ? say("say.parked", { who: whoOf(card, say) })
    : sentenceOf(call, say);
}

function sentenceOfNote({ sending, told }: CallNote, say: Say): string {
  if (sending?.kind !== "move-call") return say("say.words-saved");
  const name = told?.places.find(({ path }) => path === sending.path)?.name ?? "";
  return say("say.words-moved", { name });
}

function stateOf({ card, endedAt }: ShownCall): string {
  return endedAt === null ? `${card.state} ${card.pickedUp} ${card.transfer?.state}` : "ended";
}

function sentenceOf({ card, endedAt, end }: ShownCall, say: Say): string | null {
  const who = whoOf(card, say);
  if (endedAt !== null) {
    if (end?.how === "missed") return say("say.missed", { who });
    if (end?.how === "handed-over")
      return say("say.handed-on", { what: endedFace(card, end, say).title, who: end.by ?? "" });
    if (end?.by) return say("say.talks-now", { who: end.by });
    if (card.talkSince === null) return say("say.ended");
    return say("say.ended-after", { time: formatDuration(endedAt - card.talkSince, "waiting") });
  }
  const { state, transfer, via } = card;
  const target = targetOf(transfer, say);
  switch (state) {
    case "consult-calling":
    case "consult-talking":
      if (!isConsulting(card)) return say("say.consulted", { who: card.colleague ?? who });
      return say(isSwapped(card) ? "say.swapped" : `say.${state}`, { target });
    case "calling":
      return say(card.pickedUp ? "say.calling" : "say.own-phone", { who });
    case "ringing":
      if (via?.kind === "interception") return say("say.own-client", { who });
      if (via?.kind === "transfer" && via.colleague !== null)
        return say("say.handed-to-you", { what: say("call.handed-by", { who: via.colleague }), who });
      return say(card.direction === "internal" ? "say.ringing-colleague" : "say.ringing", { who });
    case "talking":
      if (transfer?.state === "taken-back") return say("say.taken-back");
      if (transfer?.state === "returned") return say("say.client-back");
      if (transfer && isFailed(transfer))
        return say("say.returned", { what: say(`target.${transfer.state}`, { who: target }) });
      return say("say.talking", { who });
    case "hold":
      return say("say.hold");
  }
}

function sentenceOfDistant(call: DistantCall, say: Say): string {
  if (call.overAt !== null) return `${distantFace(call, say).title}.`;
  if (call.kind === "offer") return say("say.own-client", { who: nameOf(call.view) ?? say("call.hidden-number") });
  return say("say.handed-over", { target: targetOf(call.view.transfer, say) });
}

function whoOf(card: CardView, say: Say): string {
  const client = card.clients.length === 1 ? card.clients[0] : undefined;
  return [nameOf(card) ?? say("call.hidden-number"), client?.company, card.line].filter(Boolean).join(", ");
}
