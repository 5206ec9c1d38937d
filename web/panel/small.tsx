/** The two small sizes: the tab at the window's edge and the pill. */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Lamps } from "../../src/panel/protocol.ts";
import { Icon, type IconName, PresenceIcon } from "../ui/icons.tsx";
import { endedFace, faceOf, nameOf, shortName } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";
import { Elapsed } from "./elapsed.tsx";
import type { PanelState } from "./panel-state.ts";
import type { ShownCall } from "./shown-calls.ts";

/** A pointer that only passes by opens nothing. */
const REVEAL_MS = 150;

export function EdgeTab(): VNode {
  const { panel, state, say } = useScreen();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const cancel = () => clearTimeout(timer.current);
  useEffect(() => cancel, []);
  return (
    <div class="k-edge-hit" data-part="0">
      <button
        type="button"
        class={`k-edge ${edgeLook(state)}`}
        aria-label={say("panel.open")}
        title={say("panel.open")}
        onClick={() => panel.reshape("reveal")}
        onMouseEnter={() => {
          timer.current = setTimeout(() => panel.reshape("reveal"), REVEAL_MS);
        }}
        onMouseLeave={cancel}
      >
        <span class="bar" />
      </button>
    </div>
  );
}

/** Colour and the shape of the line on it: dots ring, solid talks, two bars hold, a gap is broken. */
function edgeLook({ link, calls }: PanelState): string {
  const call = calls.find(({ endedAt }) => endedAt === null);
  if (link.state === "refused" || link.state === "stale") return "off";
  if (call) {
    const { state } = call.card;
    if (state === "ringing" || state === "calling") return "on ring";
    return state === "talking" ? "on talk" : "on hold";
  }
  if (link.state !== "live") return "wait";
  return troubleOf(link.view.lamps) ? "on off" : "";
}

function troubleOf({ pbx, phone }: Lamps): "pbx" | "phone" | null {
  if (pbx.state === "down") return "pbx";
  return phone.state === "down" ? "phone" : null;
}

export function Pill(): VNode {
  const { panel, state, say } = useScreen();
  const live = state.calls.filter(({ endedAt }) => endedAt === null);
  const [call] = live.length > 0 ? live : state.calls;
  const expand = (event: Event) => {
    if (!(event.target instanceof Element && event.target.closest("button"))) panel.reshape("expand");
  };
  return (
    // The key inside is the keyboard's way to do the same.
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: said above
    <div class={pillClass(call)} data-part="22" data-hue={pillHue(state, call)} onClick={expand}>
      {call ? <CallPill call={call} more={live.length - 1} /> : <IdlePill />}
      {(!call || call.endedAt !== null || live.length > 1) && (
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

function pillClass(call: ShownCall | undefined): string {
  const breathes = call && call.endedAt === null && faceOf(call.card).breathes;
  return breathes ? "k-pill k-ringing" : "k-pill";
}

function pillHue(state: PanelState, call: ShownCall | undefined): string {
  if (state.link.state === "stale") return "grey";
  if (call) return call.endedAt === null ? faceOf(call.card).hue : "grey";
  return state.link.state === "live" && !troubleOf(state.link.view.lamps) ? "green" : "red";
}

function CallPill({ call, more }: { readonly call: ShownCall; readonly more: number }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const { card, endedAt } = call;
  const face = endedAt === null ? faceOf(card) : endedFace(card);
  const name = nameOf(card) ?? say("call.hidden-number");
  const words = more > 0 ? say("pill.calls", { count: more + 1 }) : shortName(name);
  return (
    <>
      <Icon name={face.icon} size={16} />
      <span class="nm cut" title={`${say(face.title)}: ${name}`}>
        {words}
        <span class="k-vh">{say(face.title)}</span>
      </span>
      {face.counter && (
        <span class="tm" role="timer">
          <Elapsed since={face.counter.since} kind={face.counter.place === "talk" ? "timer" : "waiting"} />
        </span>
      )}
      {endedAt === null && more === 0 && (
        <button
          type="button"
          class="go hang"
          data-hang-up
          aria-label={say(face.hangUp)}
          title={say(face.hangUp)}
          onClick={() => panel.hangUp(card)}
          disabled={!live}
        >
          <Icon name="hang" />
        </button>
      )}
    </>
  );
}

function IdlePill(): VNode {
  const { state, say } = useScreen();
  const { link } = state;
  switch (link.state) {
    case "connecting":
      return <PillWords icon="repeat" text={say("pill.connecting")} />;
    case "stale":
      return <PillWords icon="repeat" text={say("pill.stale")} />;
    case "refused":
      return <PillWords icon="lock" text={say("pill.refused")} />;
    case "live": {
      const trouble = troubleOf(link.view.lamps);
      if (trouble === "phone" && link.me.extension !== null)
        return <PillWords icon="desk" text={say("pill.phone", { extension: link.me.extension })} />;
      if (trouble) return <PillWords icon="warn" text={say("pill.trouble")} />;
      return (
        <>
          <PresenceIcon shape="free" />
          <span class="nm cut">{say("pill.ready")}</span>
        </>
      );
    }
  }
}

function PillWords({ icon, text }: { readonly icon: IconName; readonly text: string }): VNode {
  return (
    <>
      <Icon name={icon} size={16} />
      <span class="nm cut">{text}</span>
    </>
  );
}
