/** The two small sizes: the tab at the window's edge and the pill. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Lamps } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import { Icon, type IconName, PresenceIcon } from "../ui/icons.tsx";
import { type CardFace, endedFace, faceOf, nameOf, shortName } from "./card-face.ts";
import { useIsLive, useScreen, useServiceNow } from "./context.ts";
import type { DistantCall } from "./distant-calls.ts";
import { distantFace } from "./distant-face.ts";
import { Elapsed } from "./elapsed.tsx";
import type { PanelState } from "./panel-state.ts";
import { missedCalls } from "./recent-calls.ts";
import type { ShownCall } from "./shown-calls.ts";

/** A pointer that only passes by opens nothing. */
const REVEAL_MS = 150;
/** The browser takes a moment to notice what a resting pointer stands on. */
const APPEARED_MS = 400;

export function EdgeTab(): VNode {
  const { panel, state, say } = useScreen();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const appearedAt = useRef(Date.now());
  const cancel = () => clearTimeout(timer.current);
  useEffect(() => cancel, []);
  const look = edgeLook(state);
  const missed = look === "" ? missedCalls(state.recent ?? []).length : 0;
  const news = [linkWords(state.link, say)?.text, missed > 0 && say("recent.missed", { count: missed })];
  const label = [say("panel.open"), ...news].filter(Boolean).join(", ");
  return (
    <div class="k-edge-hit" data-part="0">
      <button
        type="button"
        class={`k-edge ${look}`}
        aria-label={label}
        title={label}
        onClick={() => panel.reshape("reveal")}
        onMouseEnter={() => {
          // It appeared under the pointer that has just put the panel away.
          if (Date.now() - appearedAt.current < APPEARED_MS) return;
          timer.current = setTimeout(() => panel.reshape("reveal"), REVEAL_MS);
        }}
        onMouseLeave={cancel}
      >
        <span class="bar" />
        {missed > 0 && <b aria-hidden="true">{missed > 9 ? "9+" : missed}</b>}
      </button>
    </div>
  );
}

/** Colour and the shape of the line on it: dots ring, solid talks, two bars hold, a gap is broken. */
function edgeLook({ link, calls, distant }: PanelState): string {
  const call = calls.find(({ endedAt }) => endedAt === null);
  if (link.state === "refused" || link.state === "stale") return "off";
  if (call) {
    const { state } = call.card;
    if (state === "ringing" || state === "calling") return "on ring";
    return state === "talking" ? "on talk" : "on hold";
  }
  if (distant.shown.some(({ overAt }) => overAt === null)) return "on ring";
  if (link.state !== "live") return "wait";
  return troubleOf(link.view.lamps) ? "on off" : "";
}

function troubleOf({ pbx, phone }: Lamps): "pbx" | "phone" | null {
  if (pbx.state === "down") return "pbx";
  return phone.state === "down" ? "phone" : null;
}

export function Pill(): VNode {
  const { panel, state, say } = useScreen();
  const now = useServiceNow();
  const live = state.calls.filter(({ endedAt }) => endedAt === null);
  const distant = state.distant.shown.filter(({ overAt }) => overAt === null);
  const own = live.length > 0 || distant.length === 0 ? (live[0] ?? state.calls[0]) : undefined;
  const other = own ? undefined : distant[0];
  const face: Pick<CardFace, "hue" | "breathes"> | null = own
    ? faceOfShown(own, now, say)
    : other
      ? { ...distantFace(other, say), breathes: true }
      : null;
  const count = live.length + distant.length;
  const hasKey = other ? count === 1 : own?.endedAt === null && count === 1;
  const expand = (event: Event) => {
    if (!(event.target instanceof Element && event.target.closest("button"))) panel.reshape("expand");
  };
  return (
    // The key inside is the keyboard's way to do the same.
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: said above
    <div
      class={face?.breathes ? "k-pill k-ringing" : "k-pill"}
      data-part="22"
      data-hue={pillHue(state, face)}
      onClick={expand}
    >
      {own && <CallPill call={own} count={count} />}
      {other && <DistantPill call={other} count={count} />}
      {face === null && <IdlePill />}
      {!hasKey && (
        <button
          type="button"
          class="go plain"
          aria-label={say("panel.expand")}
          title={say("panel.expand")}
          onClick={() => panel.reshape("expand")}
        >
          <Icon name="up" />
        </button>
      )}
    </div>
  );
}

function faceOfShown({ card, endedAt, end }: ShownCall, now: number, say: Say): CardFace {
  return endedAt === null ? faceOf(card, now, say) : endedFace(card, end, say);
}

function pillHue({ link, recent }: PanelState, face: Pick<CardFace, "hue"> | null): string {
  if (link.state === "stale" || link.state === "connecting") return "grey";
  if (face) return face.hue;
  if (link.state !== "live" || troubleOf(link.view.lamps)) return "red";
  return link.view.parked.length > 0 || missedCalls(recent ?? []).length > 0 ? "amber" : "green";
}

function CallPill({ call, count }: { readonly call: ShownCall; readonly count: number }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const { card, endedAt } = call;
  const face = faceOfShown(call, useServiceNow(), say);
  const name = nameOf(card) ?? say("call.hidden-number");
  return (
    <>
      <PillName icon={face.icon} title={face.title} name={name} count={count} />
      {face.counter && (
        <span class="tm" role="timer">
          <Elapsed since={face.counter.since} kind={face.counter.place === "talk" ? "timer" : "waiting"} />
        </span>
      )}
      {endedAt === null && count === 1 && (
        <button
          type="button"
          class="go hang"
          data-hang-up
          aria-label={face.hangUp}
          title={face.hangUp}
          onClick={() => panel.hangUp(card)}
          disabled={!live}
        >
          <Icon name="hang" />
        </button>
      )}
    </>
  );
}

function DistantPill({ call, count }: { readonly call: DistantCall; readonly count: number }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const { icon, title } = distantFace(call, say);
  const { kind, view } = call;
  const name = nameOf(view) ?? say("call.hidden-number");
  const label = say(kind === "offer" ? "offer.take-of" : "transfer.take-back-of", { name });
  return (
    <>
      <PillName icon={icon} title={title} name={name} count={count} />
      {count === 1 && (
        <button
          type="button"
          class={kind === "offer" ? "go take" : "go plain"}
          aria-label={label}
          title={label}
          onClick={() => panel.fetch(kind === "offer" ? "take" : "take-back", view.callId)}
          disabled={!live || (kind === "handed-over" && !view.canTakeBack)}
        >
          <Icon name={kind === "offer" ? "take" : "back"} />
        </button>
      )}
    </>
  );
}

interface PillNameProps {
  readonly icon: IconName;
  readonly title: string;
  readonly name: string;
  /** Calls that go on; of several none is named. */
  readonly count: number;
}

function PillName({ icon, title, name, count }: PillNameProps): VNode {
  const { say } = useScreen();
  return (
    <>
      <Icon name={icon} size={16} />
      <span class="nm cut" title={`${title}: ${name}`}>
        {count > 1 ? say("pill.calls", { count }) : shortName(name)}
        <span class="k-vh">{title}</span>
      </span>
    </>
  );
}

function IdlePill(): VNode {
  const { state, say } = useScreen();
  const words = linkWords(state.link, say) ?? liveWords(state, say);
  if (words) return <PillWords {...words} />;
  return (
    <>
      <PresenceIcon shape="free" />
      <span class="nm cut">{say("pill.ready")}</span>
    </>
  );
}

/** What a look at the panel is worth; undefined: nothing, all is well. */
function liveWords({ link, recent }: PanelState, say: Say): Words | undefined {
  if (link.state !== "live") return undefined;
  const trouble = troubleOf(link.view.lamps);
  if (trouble === "phone" && link.me.extension !== null)
    return { icon: "desk", text: say("pill.phone", { extension: link.me.extension }) };
  if (trouble) return { icon: "warn", text: say("pill.trouble") };
  const parked = link.view.parked.length;
  if (parked > 0) return { icon: "park", text: say("pill.parked", { count: parked }) };
  const missed = missedCalls(recent ?? []).length;
  return missed > 0 ? { icon: "missed", text: say("recent.missed", { count: missed }) } : undefined;
}

function PillWords({ icon, text }: Words): VNode {
  return (
    <>
      <Icon name={icon} size={16} />
      <span class="nm cut">{text}</span>
    </>
  );
}

interface Words {
  readonly icon: IconName;
  readonly text: string;
}

/** What keeps the panel from knowing anything new; undefined: nothing. */
function linkWords({ state }: PanelState["link"], say: Say): Words | undefined {
  switch (state) {
    case "connecting":
      return { icon: "repeat", text: say("pill.connecting") };
    case "stale":
      return { icon: "repeat", text: say("pill.stale") };
    case "refused":
      return { icon: "lock", text: say("pill.refused") };
    case "live":
      return undefined;
  }
}
