/** The whole screen: which of the sizes is drawn, where its parts stand, and what the CRM's page must know of their place. */
import type { VNode } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Say } from "../i18n/words.ts";
import { Icon } from "../ui/icons.tsx";
import { AwaitedBar } from "./awaited-bar.tsx";
import { CallBoard, SecondCall } from "./call-board.tsx";
import { CallCard } from "./call-card.tsx";
import { ScreenContext, useScreen } from "./context.ts";
import { DialCard } from "./dial-card.tsx";
import { Directory } from "./directory.tsx";
import { distantKey } from "./distant-calls.ts";
import { DistantCard, DistantLine, ParkedCalls } from "./distant-card.tsx";
import { whyNot } from "./failure-words.ts";
import { Foot, StaleBar, Troubles } from "./foot.tsx";
import { Grip } from "./grip.tsx";
import type { Frame } from "./host-protocol.ts";
import { IconButton } from "./icon-button.tsx";
import { useKeptFocus } from "./kept-focus.ts";
import { listenToKeys } from "./keys.ts";
import type { Drawing, Panel } from "./panel.ts";
import { dialIsShown, hasCalls, type PanelState } from "./panel-state.ts";
import { placeCalls } from "./shown-calls.ts";
import { EdgeTab, Pill } from "./small.tsx";

/** A full panel is at most so high, and leaves so much of the window free, px. */
const HIGHEST_PX = 640;
const ABOVE_PX = 96;
/** Kept free above an idle panel, so that a card can appear on top and the list stays where it is. */
const CARD_PX = 232;
/** With less room than this for the list, the card stands beside it, where the window is wide enough for both. */
const LEAST_PX = 300;
/** Between the two, and left and right of them. */
const GAPS_PX = 8 + 2 * 12;
/** The list with its field and foot is never lower. */
const LOWEST_PX = 280;

interface PanelScreenProps {
  readonly panel: Panel;
  readonly say: Say;
  readonly drawing: Drawing;
}

const FOCUS = {
  field: "[data-field]",
  call: "[data-hang-up], .k-acts button:not([aria-keyshortcuts=N])",
  note: "[data-note]",
} as const;

export function PanelScreen({ panel, say, drawing }: PanelScreenProps): VNode {
  const { state, spoken, focus } = drawing;
  const root = useRef<HTMLDivElement>(null);
  useFrame(root, panel, state);
  useLayoutEffect(() => {
    const wanted = focus && FOCUS[focus.on];
    if (wanted) root.current?.querySelector<HTMLElement>(wanted)?.focus();
  }, [focus]);
  useKeptFocus(root);
  const latest = useRef(state);
  latest.current = state;
  useEffect(() => listenToKeys(panel, () => latest.current), [panel]);
  return (
    <ScreenContext.Provider value={{ panel, state, say }}>
      <main
        class="k k-root"
        ref={root}
        tabIndex={-1}
        aria-label={say("panel.name")}
        style={{ "--k-w": `${state.width}px` }}
      >
        {state.shape.size === "edge" ? <EdgeTab /> : state.shape.size === "pill" ? <Pill /> : <OpenPanel />}
        <p class="k-vh" role="status">
          {spoken}
        </p>
      </main>
    </ScreenContext.Provider>
  );
}

function OpenPanel(): VNode {
  const { state } = useScreen();
  const { link, room, shape, width } = state;
  const stale = isOld(link) ? " is-stale" : "";
  if (link.state === "refused") return <Refused />;

  const roomPx = room.height - ABOVE_PX;
  const beside = roomPx - CARD_PX < LEAST_PX && room.width >= 2 * width + GAPS_PX;
  // Who calls is worth more than the list, but for whoever looks in it for somebody to hand the call over to.
  const isCramped = !beside && room.height < CARD_PX + LOWEST_PX + GAPS_PX && state.picking === null;
  const directory = (
    <Directory roomPx={Math.min(HIGHEST_PX, beside ? roomPx : roomPx - CARD_PX)} tellsStale={!hasCalls(state)} />
  );
  if (!hasCalls(state))
    return (
      <section class={`k-panel${stale}`} data-part="14">
        <Grip />
        <NoticeBar />
        <AwaitedBar />
        <ParkedCalls />
        {directory}
      </section>
    );
  if (!shape.list || isCramped)
    return (
      <section class={`k-panel${stale}`} data-part="14">
        <Grip />
        <Calls />
        <ParkedCalls />
        <FootOfLoneCalls />
      </section>
    );
  if (beside)
    return (
      <>
        <section class={`k-panel${stale}`} data-part="14">
          <Grip />
          <Calls />
        </section>
        <section class={`k-panel${stale}`} data-part="14">
          <ParkedCalls />
          {directory}
        </section>
      </>
    );
  return (
    <section class={`k-panel${stale}`} data-part="14">
      <Grip />
      <Calls />
      <ParkedCalls />
      <hr class="k-hr" />
      {directory}
    </section>
  );
}

/** What is known of the phones is what was known last. */
function isOld(link: PanelState["link"]): boolean {
  return link.state === "stale" || (link.state === "live" && link.view.lamps.pbx.state === "down");
}

const BOARD_SLOTS = 5;
const BOARD_SLOTS_ABOVE_A_TALK = 3;

function Calls(): VNode {
  const { state } = useScreen();
  const { main, second, board } = placeCalls(state.calls);
  const { shown } = state.distant;
  const dial = dialIsShown(state) ? state.dial : null;
  // What asks for a decision has the card when no call of one's own has it.
  const [first] = main || board.length > 0 || dial ? [] : shown;
  return (
    <>
      <StaleBar />
      {shown
        .filter((call) => call !== first)
        .map((call) => (
          <DistantLine key={distantKey(call)} call={call} />
        ))}
      {dial && <DialCard key={dial.commandId} dial={dial} />}
      {first && <DistantCard key={distantKey(first)} call={first} />}
      {board.length > 0 && <CallBoard calls={board} slots={main ? BOARD_SLOTS_ABOVE_A_TALK : BOARD_SLOTS} />}
      {second && <SecondCall call={second} />}
      {main && <CallCard call={main} />}
      <NoticeBar />
      <AwaitedBar />
    </>
  );
}

/** A lone card is quiet about the lamps unless one is broken. */
function FootOfLoneCalls(): VNode | null {
  const { state } = useScreen();
  if (state.link.state === "stale") return <Foot />;
  if (state.link.state !== "live") return null;
  const { pbx, crm, phone } = state.link.view.lamps;
  if ([pbx, crm, phone].every((lamp) => lamp.state === "ok")) return null;
  return (
    <>
      <Troubles />
      <Foot />
    </>
  );
}

/** A small command that came to nothing. */
function NoticeBar(): VNode | null {
  const { panel, state, say } = useScreen();
  const { notice } = state;
  if (!notice) return null;
  return (
    <div class="k-bar" data-hue="amber" role="alert">
      <Icon name="warn" />
      <p>
        <b>{say(`failed.${notice.what}`)}</b>{" "}
        {notice.failure && <span>{whyNot(notice.what, notice.failure, say)}</span>}
      </p>
      <IconButton icon="x" label={say("failed.dismiss")} press={() => panel.happen({ type: "notice", notice: null })} />
    </div>
  );
}

function Refused(): VNode | null {
  const { panel, state, say } = useScreen();
  if (state.link.state !== "refused") return null;
  const { reason } = state.link;
  return (
    <section class="k-panel" data-part="14">
      <div class="k-empty" role="alert">
        <Icon name="lock" />
        <b>{say(`refusal.${reason}`)}</b>
        {say(`refusal.${reason}-why`)}
        <button type="button" class="k-btn k-btn--go" onClick={() => panel.retry()}>
          {say("refusal.retry")}
        </button>
        <span class="k-later">{say("refusal.phone-works")}</span>
      </div>
      <footer class="k-foot">
        <span class="sp" />
        <IconButton look="inset" icon="down" label={say("panel.collapse")} press={() => panel.reshape("collapse")} />
      </footer>
    </section>
  );
}

/**
 * Tells the CRM's page the place of each part, measured from the lower right corner, where everything is anchored: it does not
 * depend on the present size of the frame.
 */
function useFrame(root: { readonly current: HTMLElement | null }, panel: Panel, state: PanelState): void {
  const told = useRef("");
  const measure = () => {
    if (!root.current) return;
    const frame = frameOf(root.current, state.shape.size === "edge");
    const text = JSON.stringify(frame);
    if (text === told.current) return;
    told.current = text;
    panel.frame(frame);
  };
  useLayoutEffect(measure);
  useEffect(() => {
    if (!root.current) return;
    const observer = new ResizeObserver(measure);
    for (const part of root.current.querySelectorAll("[data-part]")) observer.observe(part);
    return () => observer.disconnect();
  });
}

/** Boxes as they are laid out: a part that still slides to its place has it already. */
function frameOf(root: HTMLElement, edge: boolean): Frame {
  const box = root.getBoundingClientRect();
  const right = window.innerWidth - box.right + root.offsetWidth;
  const bottom = window.innerHeight - box.bottom + root.offsetHeight;
  // The hairline around a part is drawn outside of its box.
  const line = edge ? 0 : 1;
  const parts = [...root.querySelectorAll<HTMLElement>("[data-part]")].map((element) => {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = element;
    return {
      fromRight: right - offsetLeft - offsetWidth - line,
      fromBottom: bottom - offsetTop - offsetHeight - line,
      width: offsetWidth + 2 * line,
      height: offsetHeight + 2 * line,
      radius: Number(element.dataset["part"]) + line,
    };
  });
  const width = Math.max(0, ...parts.map((part) => part.fromRight + part.width));
  const height = Math.max(0, ...parts.map((part) => part.fromBottom + part.height));
  return {
    width,
    height,
    edge,
    parts: parts.map((part) => ({
      x: width - part.fromRight - part.width,
      y: height - part.fromBottom - part.height,
      width: part.width,
      height: part.height,
      radius: part.radius,
    })),
  };
}
