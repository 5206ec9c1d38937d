/** The employee's own last calls, each with what became of it, and one key to call back. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import type { RecentView } from "../../src/panel/protocol.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { CallNoteField } from "./call-note.tsx";
import { mayHaveNote, noteOf } from "./call-notes.ts";
import { useIsLive, useScreen, useTimeZone } from "./context.ts";
import { formatDuration, formatMoment } from "./duration.ts";
import { IconButton } from "./icon-button.tsx";
import { dialledAgain, missedCalls } from "./recent-calls.ts";

interface RecentListProps {
  readonly calls: readonly RecentView[];
  readonly heightPx: number;
}

export function RecentList({ calls, heightPx }: RecentListProps): VNode {
  const { say } = useScreen();
  if (calls.length === 0)
    return (
      <div class="k-empty">
        <Icon name="clock" />
        <b>{say("recent.empty")}</b>
        {say("recent.empty-why")}
      </div>
    );
  const waiting = new Set(missedCalls(calls));
  return (
    <ul
      class="k-list k-recents"
      aria-label={say("recent.name")}
      style={{ height: `${heightPx}px` }}
      onKeyDown={moveBetweenCalls}
    >
      {calls.map((call) => (
        <Recent key={call.callId} call={call} waits={waiting.has(call)} />
      ))}
    </ul>
  );
}

/** The key that calls back is the first one of each row. */
export const RECENT_KEY = "[data-call-back]";

function moveBetweenCalls(event: KeyboardEvent): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  if (step === 0 || !(event.currentTarget instanceof HTMLElement)) return;
  const keys = [...event.currentTarget.querySelectorAll<HTMLElement>(RECENT_KEY)];
  const own = document.activeElement?.closest("li")?.querySelector<HTMLElement>(RECENT_KEY);
  keys[(own ? keys.indexOf(own) : -1) + step]?.focus();
  event.preventDefault();
}

function Recent({ call, waits }: { readonly call: RecentView; readonly waits: boolean }): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const name = call.name ?? call.number ?? say("call.hidden-number");
  const became = say(`recent.${call.outgoing ? "out" : "in"}-${call.result}`, {
    time: formatDuration(call.talkSeconds * 1000, "waiting"),
  });
  const at = formatMoment(call.startedAt, Date.now(), useTimeZone());
  const number = dialledAgain(call);
  const { path, callId } = call;
  const isNoting =
    noteOf(state.notes, callId)?.isOpen === true && !state.calls.some(({ card }) => card.callId === callId);
  const noteLabel = say("words.open-of", { name });
  const noteKey = useRef<HTMLButtonElement>(null);
  return (
    <li class={waits ? "k-recent is-late" : "k-recent"}>
      <button
        type="button"
        class="inset"
        data-call-back
        title={say("recent.call-back", { name })}
        onClick={() => number !== null && panel.dial(number, call.direction === "internal" ? call.name : null)}
        disabled={!live || number === null}
      >
        <Icon name={iconOf(call)} size={16} />
        <span class="cut k-lines">
          <span class="k-vh">{say("call.call-back")}: </span>
          <b class="cut">{name}</b>
          <small class="cut">
            {became} · {at}
          </small>
        </span>
        <Icon name="call" size={16} />
      </button>
      {path !== null && (
        <IconButton icon="open" label={say("call.open-client-of", { name })} press={() => panel.openCard({ path })} />
      )}
      {mayHaveNote(call) && (
        <button
          type="button"
          ref={noteKey}
          class="k-ib"
          aria-expanded={isNoting}
          aria-label={noteLabel}
          title={noteLabel}
          onClick={() => panel.notes.toggle(callId)}
        >
          <Icon name="note" size={16} />
        </button>
      )}
      {isNoting && (
        <CallNoteField
          callId={callId}
          close={() => {
            panel.notes.toggle(callId);
            noteKey.current?.focus();
          }}
        />
      )}
    </li>
  );
}

function iconOf({ outgoing, result, direction }: RecentView): IconName {
  if (!outgoing && result === "missed") return "missed";
  if (direction === "internal") return "inner";
  return outgoing ? "out" : "in";
}
