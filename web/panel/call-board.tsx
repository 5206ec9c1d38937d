/** Several calls at once: the line of a second one, and the board of slots from the third on. */
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { CardView } from "../../src/panel/protocol.ts";
import type { MessageKey } from "../i18n/words.ts";
import { Icon } from "../ui/icons.tsx";
import { type CardFace, endedFace, faceOf, nameOf } from "./card-face.ts";
import { useIsLive, useScreen, useServiceNow } from "./context.ts";
import { formatDuration } from "./duration.ts";
import { Elapsed } from "./elapsed.tsx";
import { IconButton } from "./icon-button.tsx";
import { callKey, type ShownCall } from "./shown-calls.ts";

const SLOT_PX = 44;

export function CallBoard({ calls, slots }: { readonly calls: readonly ShownCall[]; readonly slots: number }): VNode {
  const { panel, state, say } = useScreen();
  const scroll = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(0);
  const live = calls.filter(({ endedAt }) => endedAt === null);
  const oldest = Math.min(...live.map(({ card }) => card.startedAt));
  const title: MessageKey = live.length === 0 ? "call.board-over" : slots < 5 ? "call.board-waiting" : "call.board";
  const hue = state.link.state === "stale" || live.length === 0 ? "grey" : "blue";
  const below = calls.length - Math.floor((scrolled + slots * SLOT_PX) / SLOT_PX);
  return (
    <section class={live.length > 0 ? "k-ringing" : undefined} data-hue={hue} aria-label={say("panel.calls")}>
      <header class="k-strip">
        <Icon name="in" size={16} />
        <b>{say(title, { count: live.length })}</b>
        <span class="via cut">· {say("call.oldest-first")}</span>
        {live.length > 0 && (
          <span class="t" role="timer">
            <Elapsed since={oldest} kind="waiting" />
          </span>
        )}
        {!state.shape.list && (
          <IconButton look="inset" icon="up" label={say("list.show")} press={() => panel.reshape("toggle-list")} />
        )}
        <IconButton look="inset" icon="down" label={say("call.collapse")} press={() => panel.reshape("collapse")} />
      </header>
      <div
        class="k-slots"
        ref={scroll}
        style={{ height: `${slots * SLOT_PX}px` }}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
      >
        {calls.map((call) => (
          <Slot key={callKey(call.card)} call={call} />
        ))}
      </div>
      {below > 0 && (
        <button
          type="button"
          class="k-more inset"
          onClick={() => scroll.current?.scrollBy({ top: slots * SLOT_PX, behavior: "smooth" })}
        >
          {say("call.more-below", { count: below })}
          <Icon name="down" size={16} />
        </button>
      )}
    </section>
  );
}

function Slot({ call }: { readonly call: ShownCall }): VNode {
  const ended = call.endedAt !== null;
  const face = useFace(call);
  return (
    <div class={ended ? "k-slot is-gone" : "k-slot"} data-hue={face.hue}>
      <Icon name={face.icon} size={16} />
      <CallWords call={call} />
      {!ended && <SlotActions card={call.card} />}
    </div>
  );
}

/** The later of two calls, above the card of the first. */
export function SecondCall({ call }: { readonly call: ShownCall }): VNode {
  const { state } = useScreen();
  const ended = call.endedAt !== null;
  const face = useFace(call);
  return (
    <div class="k-second" data-hue={state.link.state === "stale" ? "grey" : face.hue}>
      <Icon name={face.icon} />
      <CallWords call={call} />
      {!ended && <SlotActions card={call.card} />}
    </div>
  );
}

function useFace({ card, endedAt, end }: ShownCall): CardFace {
  const { say } = useScreen();
  const now = useServiceNow();
  return endedAt === null ? faceOf(card, now, say) : endedFace(card, end, say);
}

function CallWords({ call: { card, endedAt } }: { readonly call: ShownCall }): VNode {
  const { say } = useScreen();
  const now = useServiceNow();
  const time = formatDuration(now - (card.talkSince ?? card.startedAt), "waiting");
  const said = endedAt === null ? say(WORDS[card.state], { time }) : say("call.over");
  const client = card.clients.length === 1 ? card.clients[0] : undefined;
  return (
    <span class="cut k-lines">
      <b class="cut">{nameOf(card) ?? say("call.hidden-number")}</b>
      <small class="cut">{[said, card.line ?? client?.company].filter(Boolean).join(" · ")}</small>
    </span>
  );
}

const WORDS: Record<CardView["state"], MessageKey> = {
  ringing: "call.waits",
  calling: "call.rings",
  talking: "call.talks",
  hold: "call.on-hold",
  "consult-calling": "call.on-hold",
  "consult-talking": "call.on-hold",
};

function SlotActions({ card }: { readonly card: CardView }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const name = nameOf(card) ?? say("call.hidden-number");
  const end = say(card.state === "ringing" ? "call.decline-of" : "call.hang-up-of", { name });
  const open = say("call.open-client-of", { name });
  return (
    <span class="k-slot-acts">
      {card.direction !== "internal" && card.number !== null && (
        <IconButton icon="open" label={open} press={() => panel.openClient(card)} disabled={!live} />
      )}
      <IconButton icon="x" size={20} label={end} press={() => panel.hangUp(card)} disabled={!live} />
    </span>
  );
}
