/** One call with all that is known of it and the little that can be done: who, how long, the client's card, hang up. */
import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CardView, ClientView } from "../../src/panel/protocol.ts";
import { Icon } from "../ui/icons.tsx";
import { type CardFace, endedFace, faceOf, nameOf, type Wire } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";
import { Elapsed } from "./elapsed.tsx";
import type { ShownCall } from "./shown-calls.ts";

/** After a change of state the row ignores the pointer, so that the second half of a double click hits nothing. */
const HUSH_MS = 350;

export function CallCard({ call }: { readonly call: ShownCall }): VNode {
  const { state, say } = useScreen();
  const { card, endedAt } = call;
  const face = endedAt === null ? faceOf(card) : endedFace(card);
  const name = nameOf(card) ?? say("call.hidden-number");
  const client = card.clients.length === 1 ? card.clients[0] : undefined;
  return (
    <article
      class={`k-call${face.breathes ? " k-ringing" : ""}`}
      data-hue={state.link.state === "stale" ? "grey" : face.hue}
      aria-label={`${say(face.title)}: ${name}`}
    >
      <Strip card={card} face={face} />
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
        {client?.company && !face.wire && (
          <div class="k-co cut" title={client.company}>
            {client.company}
          </div>
        )}
        {card.number !== null && <NumberLine card={card} client={client} ended={endedAt !== null} />}
      </div>
      {card.clients.length > 1 && <Clients clients={card.clients} />}
      {client?.deal && !face.wire && (
        <div class="k-ctx">
          <Icon name="deal" size={16} />
          <span class="cut" title={client.deal}>
            {client.deal}
          </span>
        </div>
      )}
      {face.wire && <WireLine wire={face.wire} />}
      {endedAt === null ? <Actions card={card} face={face} /> : <div class="k-gap" />}
    </article>
  );
}

function Strip({ card, face }: { readonly card: CardView; readonly face: CardFace }): VNode {
  const { panel, state, say } = useScreen();
  const ownExtension = "me" in state.link ? state.link.me.extension : null;
  const line = face.wire ? ownExtension : card.line;
  const byOwnClock = state.link.state === "stale" && face.counter !== null;
  const via = byOwnClock ? say("call.by-browser-clock") : face.via ? say(face.via) : line;
  return (
    <header class="k-strip">
      <Icon name={face.icon} size={16} />
      <b>{say(face.title)}</b>
      <span class="via cut">{via && `· ${via}`}</span>
      {face.counter?.place === "strip" && (
        <span class="t" role="timer">
          <Elapsed since={face.counter.since} kind="waiting" />
        </span>
      )}
      {!state.shape.list && (
        <IconButton icon="up" label={say("list.show")} press={() => panel.reshape("toggle-list")} />
      )}
      <IconButton icon="down" label={say("call.collapse")} press={() => panel.reshape("collapse")} />
    </header>
  );
}

export function IconButton(props: {
  readonly icon: "up" | "down" | "x";
  readonly label: string;
  readonly press: () => void;
}): VNode {
  return (
    <button type="button" class="k-ib inset" aria-label={props.label} title={props.label} onClick={props.press}>
      <Icon name={props.icon} size={16} />
    </button>
  );
}

interface NumberLineProps {
  readonly card: CardView;
  readonly client: ClientView | undefined;
  readonly ended: boolean;
}

function NumberLine({ card, client, ended }: NumberLineProps): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const count = card.clients.length;
  const linked = card.direction !== "internal" && count < 2;
  return (
    <div class="k-num">
      {nameOf(card) !== card.number ? (
        <span class="n">{card.number}</span>
      ) : (
        card.direction !== "internal" && (
          <span class="n k-soft cut">{count > 1 ? say("call.matches", { count }) : say("call.unknown")}</span>
        )
      )}
      <CopyButton text={card.e164 ?? card.number ?? ""} />
      <span class="sp" />
      {linked && client && (
        <button
          type="button"
          class="k-link"
          aria-label={say("call.open-client-of", { name: client.name })}
          onClick={() => (ended ? panel.openCard(client) : panel.openClient(card))}
          disabled={!ended && !live}
        >
          {say("call.open-client")}
          <Icon name="open" size={16} />
        </button>
      )}
      {linked && !client && !ended && (
        <button type="button" class="k-link" onClick={() => panel.openClient(card)} disabled={!live}>
          {say("call.create-contact")}
          <Icon name="plus" size={16} />
        </button>
      )}
    </div>
  );
}

function CopyButton({ text }: { readonly text: string }): VNode {
  const { panel, say } = useScreen();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => panel.happen({ type: "notice", notice: { what: "copy", failure: null } }),
    );
  const label = say(copied ? "call.copied" : "call.copy");
  return (
    <button type="button" class="k-ib k-copy" aria-label={label} title={label} onClick={copy}>
      <Icon name={copied ? "check" : "copy"} size={16} />
    </button>
  );
}

const CLIENTS_SHOWN = 3;

/** All clients behind the number, best first; which of them calls is for the person to know. */
function Clients({ clients }: { readonly clients: readonly ClientView[] }): VNode {
  const { panel, say } = useScreen();
  const more = clients.length - CLIENTS_SHOWN;
  return (
    <div class="k-pick">
      {clients.slice(0, CLIENTS_SHOWN).map((client) => (
        <button
          type="button"
          key={client.path}
          class="o inset"
          aria-label={say("call.open-client-of", { name: client.name })}
          onClick={() => panel.openCard(client)}
        >
          <Icon name="person" size={16} />
          <span class="cut k-lines">
            <b class="cut">{client.name}</b>
            <small class="cut">{[client.company, client.deal].filter(Boolean).join(" · ")}</small>
          </span>
          <Icon name="open" size={16} />
        </button>
      ))}
      {more > 0 && <small class="k-note">{say("call.more-matches", { count: more })}</small>}
    </div>
  );
}

function WireLine({ wire }: { readonly wire: Wire }): VNode {
  const { say } = useScreen();
  const [you, other, wireState] = [say(wire.you), say(wire.other), say(wire.state)];
  return (
    <div class="k-wire" role="img" aria-label={say("wire.summary", { you, other, state: wireState })}>
      <div class="w">
        <span class="nd me">{say("wire.me")}</span>
        <span class="ln ring" />
        <span class="nd out">
          <Icon name="person" />
        </span>
      </div>
      <div class="lb">
        <div>
          <b class="cut">{say("wire.you")}</b>
          <span class="cut">{you}</span>
        </div>
        <div>
          <b class="cut">{other}</b>
          <span class="cut">{wireState}</span>
        </div>
      </div>
    </div>
  );
}

function Actions({ card, face }: { readonly card: CardView; readonly face: CardFace }): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = row.current;
    if (!element) return;
    element.style.pointerEvents = "none";
    const timer = setTimeout(() => {
      element.style.pointerEvents = "";
    }, HUSH_MS);
    return () => clearTimeout(timer);
  }, [card.state, card.pickedUp]);
  const ownExtension = "me" in state.link ? (state.link.me.extension ?? "") : "";
  const isCalled = card.state === "ringing";
  return (
    <div class="k-acts" ref={row}>
      <span class="hint">
        {isCalled && (
          <>
            <b>{say("call.pick-up", { extension: ownExtension })}</b> {say("call.pick-up-why")}
          </>
        )}
        {face.hint && say(face.hint)}
      </span>
      <button
        type="button"
        class="k-btn k-btn--hang"
        data-hang-up
        aria-label={say(face.hangUp)}
        title={say("call.hold-backspace", { action: say(face.hangUp) })}
        onClick={() => panel.hangUp(card)}
        disabled={!live}
      >
        <Icon name="hang" />
      </button>
    </div>
  );
}
