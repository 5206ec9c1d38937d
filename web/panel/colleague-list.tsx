// biome-ignore-all lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: an ARIA grid is one stop of the Tab key with aria-activedescendant; a table could not be drawn in slices
/** The colleagues and what their phones do. A long list is drawn only where it is looked at. */
import type { ComponentChildren, VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Colleague } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import { type IconName, PresenceIcon, type PresenceShape } from "../ui/icons.tsx";
import { mayBeAwaited } from "./awaited.ts";
import { GROUP_PX, type ListLine, ROW_PX, sliceLines } from "./colleague-rows.ts";
import { useIsLive, useScreen, useServiceNow, useTimeZone } from "./context.ts";
import { formatDuration, formatHour } from "./duration.ts";
import type { Match } from "./field.ts";
import { LIST_ID, rowId } from "./field-bar.tsx";
import type { HandOverTarget } from "./handing-over.ts";
import { IconButton } from "./icon-button.tsx";

interface ColleagueListProps {
  readonly lines: readonly ListLine[];
  /** Index among the rows (groups are not counted); null: none. */
  readonly chosen: number | null;
  readonly pressKey: (event: KeyboardEvent) => void;
  readonly heightPx: number;
  /** The call that a double click hands over. */
  readonly target: HandOverTarget | null;
}

export function ColleagueList({ lines, chosen, pressKey, heightPx, target }: ColleagueListProps): VNode {
  const { panel, say } = useScreen();
  const list = useRef<HTMLDivElement>(null);
  const [scrollTop, setScrollTop] = useState(0);
  const slice = sliceLines(lines, scrollTop, heightPx);

  useLayoutEffect(() => {
    if (chosen !== null) list.current && scrollTo(list.current, lines, chosen);
  }, [chosen, lines]);

  let index = lines.slice(0, slice.from).filter(({ kind }) => kind === "row").length;
  return (
    <div
      ref={list}
      id={LIST_ID}
      class="k-list"
      role="grid"
      aria-label={say("list.name")}
      tabIndex={0}
      onScroll={(event) => setScrollTop(event.currentTarget.scrollTop)}
      onKeyDown={pressKey}
      onFocus={(event) => {
        if (event.target === event.currentTarget && chosen === null) panel.happen({ type: "chosen", chosen: 0 });
      }}
      aria-activedescendant={chosen === null ? undefined : rowId(chosen)}
    >
      <div role="rowgroup" style={{ paddingTop: `${slice.abovePx}px`, paddingBottom: `${slice.belowPx}px` }}>
        {lines.slice(slice.from, slice.to).map((line) =>
          line.kind === "group" ? (
            <div key={`group ${line.department}`} class="k-group" role="row">
              <span role="gridcell">
                {line.department ?? say("list.no-department")} <i>{line.size}</i>
              </span>
            </div>
          ) : (
            <Row
              key={line.match.colleague.extension}
              match={line.match}
              index={index}
              chosen={chosen === index++}
              target={target}
            />
          ),
        )}
      </div>
    </div>
  );
}

function scrollTo(list: HTMLElement, lines: readonly ListLine[], chosen: number): void {
  let rows = 0;
  let top = 0;
  for (const line of lines) {
    if (line.kind === "row" && rows++ === chosen) break;
    top += line.kind === "row" ? ROW_PX : GROUP_PX;
  }
  // A group's name stays on top of the list and would cover the row.
  if (top - GROUP_PX < list.scrollTop) list.scrollTop = top - GROUP_PX;
  else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
}

interface RowProps {
  readonly match: Match;
  readonly index: number;
  readonly chosen: boolean;
  readonly target: HandOverTarget | null;
}

function Row({ match: { colleague, mark }, index, chosen, target }: RowProps): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const { name, extension, presence } = colleague;
  const queue = queueWords(colleague, say);
  return (
    <div
      id={rowId(index)}
      class={presence === "offline" ? "k-row is-off" : "k-row"}
      role="row"
      aria-selected={chosen}
      onDblClick={(event) => {
        // A double click on a key of the row is the key's.
        if (!live || (event.target instanceof Element && event.target.closest("button"))) return;
        if (target) panel.handOver(extension, false);
        else if (state.calls.every(({ endedAt }) => endedAt !== null)) panel.dial(extension, name);
      }}
    >
      <PresenceIcon shape={SHAPES[presence]} />
      <span class="nm cut" role="gridcell" title={queue === null ? name : `${name}, ${queue}`}>
        {mark ? marked(name, mark) : name}
        <span class="k-vh">
          , {say(`presence.${presence}`)}
          {queue !== null && `, ${queue}`}
        </span>
      </span>
      <span class="r" role="gridcell">
        <PresenceWords colleague={colleague} />
        <span class="ext">{extension}</span>
      </span>
      <span class="tools" role="gridcell" onKeyDown={moveBetweenRowKeys}>
        <RowKeys colleague={colleague} target={target} />
      </span>
    </div>
  );
}

/** Into the keys of a row, from the list or from the field. */
export function enterRowKeys(index: number): void {
  document.getElementById(rowId(index))?.querySelector<HTMLElement>(".tools button")?.focus();
}

/** Left of the first key is the list again, and so it is above and below. ENTER is the key's own. */
function moveBetweenRowKeys(event: KeyboardEvent): void {
  const { activeElement } = document;
  const list = document.getElementById(LIST_ID);
  const beside = event.key === "ArrowRight" ? activeElement?.nextElementSibling : activeElement?.previousElementSibling;
  switch (event.key) {
    case "ArrowUp":
    case "ArrowDown":
      list?.focus();
      return;
    case "ArrowLeft":
    case "ArrowRight":
      if (beside instanceof HTMLElement) beside.focus();
      else if (event.key === "ArrowLeft") list?.focus();
      event.preventDefault();
  }
  event.stopPropagation();
}

function RowKeys({ colleague, target }: Pick<RowProps, "target"> & { readonly colleague: Colleague }): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const { name, extension, rings } = colleague;
  const values = { name, extension };
  const awaits = state.awaited.some((one) => one.extension === extension);
  return (
    <>
      {(awaits || mayBeAwaited(colleague)) && !target && (
        <RowKey
          icon={awaits ? "check" : "clock"}
          label={say(awaits ? "awaited.stop" : "awaited.ask", { who: name })}
          press={() => panel.happen({ type: "awaited", extension, name })}
        />
      )}
      {rings && (
        <RowKey
          icon="take"
          label={say("list.pick-up", { name, caller: rings.caller ?? say("call.hidden-number") })}
          press={() => panel.pickUp(rings.callId, extension)}
        />
      )}
      {target ? (
        <>
          {target.asks && target.gives && (
            <RowKey icon="transfer" label={say("list.give", values)} press={() => panel.handOver(extension, true)} />
          )}
          <button
            type="button"
            class="k-btn k-btn--go k-btn--32"
            tabIndex={-1}
            aria-label={say(target.asks ? "list.ask" : "list.give", values)}
            onClick={() => panel.handOver(extension, false)}
            disabled={!live}
          >
            {say(target.asks ? "list.ask-short" : "list.give-short")}
          </button>
        </>
      ) : (
        <RowKey icon="call" label={say("list.call", values)} press={() => panel.dial(extension, name)} />
      )}
    </>
  );
}

function RowKey(props: { readonly icon: IconName; readonly label: string; readonly press: () => void }): VNode {
  const live = useIsLive();
  return <IconButton {...props} size={20} tabIndex={-1} disabled={!live} />;
}

const SHAPES: Record<Colleague["presence"], PresenceShape> = {
  free: "free",
  ringing: "ring",
  talking: "talk",
  busy: "talk",
  hold: "hold",
  dnd: "hold",
  offline: "off",
  unknown: "off",
};

function marked(name: string, { from, to }: { readonly from: number; readonly to: number }): ComponentChildren {
  return (
    <>
      {name.slice(0, from)}
      <mark>{name.slice(from, to)}</mark>
      {name.slice(to)}
    </>
  );
}

/** What keeps his department's queues from ringing him, in full; null: nothing does. */
function queueWords({ queue }: Colleague, say: Say): string | null {
  if (queue === null) return null;
  const { takes, paused, reason } = queue;
  if (paused.length === 0) return takes.length === 0 ? say("queue.none") : null;
  const values = { count: paused.length, queues: paused.join(", ") };
  return reason === null ? say("queue.paused", values) : say("queue.paused-why", { ...values, reason });
}

/** The same in a word, where a phone that is free leaves room for it. */
function QueueWord({ queue }: Pick<Colleague, "queue">): VNode | null {
  const { say } = useScreen();
  if (queue === null || queue.takes.length > 0) return null;
  return <span aria-hidden="true">{say(queue.paused.length > 0 ? "queue-short.paused" : "queue.none")}</span>;
}

function PresenceWords({
  colleague: { presence, since, rings, queue },
}: {
  readonly colleague: Colleague;
}): VNode | null {
  const { say } = useScreen();
  const timeZone = useTimeZone();
  switch (presence) {
    case "free":
      return <QueueWord queue={queue} />;
    case "talking":
    case "hold":
      return since === null ? <span>{say(`presence.${presence}`)}</span> : <TalkTime since={since} />;
    case "offline":
      return (
        <span>
          {since === null
            ? say("presence.offline")
            : say("presence-short.since", { hour: formatHour(since, timeZone) })}
        </span>
      );
    case "ringing":
      return <span class="cut">{rings?.caller ?? say("presence-short.ringing")}</span>;
    case "busy":
    case "dnd":
    case "unknown":
      return <span>{say(`presence-short.${presence}`)}</span>;
  }
}

function TalkTime({ since }: { readonly since: number }): VNode {
  return <span>{formatDuration(useServiceNow() - since, "timer")}</span>;
}

const SKELETON_PX = [132, 96, 150, 110];

/** The shape of a list that has not come yet. */
export function ListSkeleton(): VNode {
  return (
    <div class="k-list" aria-busy="true">
      {SKELETON_PX.map((width) => (
        <div key={width} class="k-row">
          <span class="k-skel" style={{ width: "12px", height: "12px" }} />
          <span class="k-skel" style={{ width: `${width}px` }} />
          <span class="k-skel" style={{ width: "24px" }} />
        </div>
      ))}
    </div>
  );
}
