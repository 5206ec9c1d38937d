/** One call at the own phone with all that is known of it and what can be done: who, how long, the client's card, the keys. */
import type { VNode } from "preact";
import type { ClientView } from "../../src/panel/protocol.ts";
import { CallActions } from "./call-actions.tsx";
import { CallNoteField } from "./call-note.tsx";
import { noteOf } from "./call-notes.ts";
import { type CardFace, endedFace, faceOf, isConsulting, nameOf } from "./card-face.ts";
import { CardFrame, Clients, ContextLine, MissedActions, NumberLine } from "./card-parts.tsx";
import { useIsLive, useScreen, useServiceNow } from "./context.ts";
import { Elapsed } from "./elapsed.tsx";
import { HandOverNote } from "./hand-over-note.tsx";
import { Keypad } from "./keypad.tsx";
import { isParked } from "./panel-state.ts";
import { callKey, isTalkToNote, type ShownCall } from "./shown-calls.ts";
import { WireLine } from "./wire-line.tsx";

export function CallCard({ call }: { readonly call: ShownCall }): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const now = useServiceNow();
  const { card, endedAt, end } = call;
  const ended = endedAt !== null;
  const over = endedFace(card, end, say);
  const face = !ended
    ? faceOf(card, now, say)
    : isParked(state, card.callId)
      ? { ...over, icon: "park" as const, title: say("parked.name") }
      : over;
  const name = nameOf(card) ?? say("call.hidden-number");
  const client = card.clients.length === 1 ? card.clients[0] : undefined;
  const keyed = !ended && state.keypad?.call === callKey(card) ? state.keypad : null;
  const below = keyed?.typed ? say("keypad.typed", { digits: [...keyed.typed].join(" ") }) : client?.company;
  const openOwn = (one: ClientView) => panel.openCard(one);
  const open = ended ? openOwn : live ? () => panel.openClient(card) : null;
  const putAway = () => panel.putAway(call);
  const isToNote = isTalkToNote(call);
  const isNoting = !ended && !isConsulting(card) && noteOf(state.notes, card.callId)?.isOpen === true;
  const choose = ended || !live ? openOwn : (one: ClientView) => panel.chooseClient(card, one);
  return (
    <CardFrame
      hue={face.hue}
      icon={face.icon}
      title={face.title}
      via={useVia(call, face)}
      time={stripTime(face)}
      name={name}
      breathes={face.breathes}
      {...(isToNote && { putAway })}
    >
      <div class="k-who">
        <div class="k-name cut" title={name}>
          {name}
        </div>
        {face.counter && face.counter.place !== "strip" ? (
          <div class={face.counter.place === "talk" ? "k-timer" : "k-timer mute"} role="timer">
            <Elapsed since={face.counter.since} kind={face.counter.place === "talk" ? "timer" : "waiting"} />
          </div>
        ) : (
          <span />
        )}
        {below && !face.wire && (
          <div class="k-co cut" title={below}>
            {below}
          </div>
        )}
        {!(face.wire && face.stateSince !== null) && (
          <NumberLine call={card} open={open} create={ended || !live ? null : () => panel.openClient(card)} />
        )}
      </div>
      {!face.wire && <Clients clients={card.clients} choose={choose} />}
      {card.note && !ended && (
        <ContextLine icon="note" hue="amber" text={say("note.quoted", { text: card.note.text })} />
      )}
      {client?.deal && !card.note && !face.wire && !keyed && !isNoting && !isToNote && (
        <ContextLine icon="deal" text={client.deal} />
      )}
      {face.wire && <WireLine wire={face.wire} />}
      {keyed && <Keypad card={card} />}
      {!ended && card.can.includes("hand-over-note") && <HandOverNote key={card.transfer?.at} card={card} />}
      {isNoting && <CallNoteField callId={card.callId} close={() => panel.notes.toggle(card.callId)} />}
      {!ended ? (
        <CallActions card={card} face={face} />
      ) : end?.how === "missed" && card.number !== null ? (
        <MissedActions callKey={callKey(card)} number={card.e164 ?? card.number} name={card.colleague} />
      ) : (
        <>
          {isToNote && <CallNoteField callId={card.callId} close={putAway} />}
          <div class="k-gap" />
        </>
      )}
    </CardFrame>
  );
}

/** What is said after the state's word: who, why, where from; and that the timer is the browser's while the link is lost. */
function useVia({ card, endedAt }: ShownCall, face: CardFace): string | null {
  const { state, say } = useScreen();
  if (state.link.state === "stale" && face.counter !== null) return say("call.by-browser-clock");
  if (face.via !== null || endedAt !== null) return face.via;
  const ownExtension = "me" in state.link ? state.link.me.extension : null;
  return card.state === "calling" ? ownExtension : card.line;
}

function stripTime(face: CardFace): VNode | null {
  const since = face.counter?.place === "strip" ? face.counter.since : face.stateSince;
  return since === null ? null : <Elapsed since={since} kind="waiting" />;
}
