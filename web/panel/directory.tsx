/** The field, the colleagues and the foot: everything of the open panel but the calls. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon } from "../ui/icons.tsx";
import { ColleagueList, enterRowKeys, ListSkeleton } from "./colleague-list.tsx";
import { GROUP_PX, groupLines, type ListLine, orderColleagues, ROW_PX } from "./colleague-rows.ts";
import { useIsLive, useScreen } from "./context.ts";
import { EnterHint } from "./enter-hint.tsx";
import { type FieldMeaning, groupNumber, readField } from "./field.ts";
import { FieldBar } from "./field-bar.tsx";
import { Foot, StaleBar, Troubles } from "./foot.tsx";
import { handOverTarget, mayHandOverTo, shownList } from "./handing-over.ts";
import { consultationToComplete } from "./keys.ts";
import { LISTS_ID } from "./list-tabs.tsx";
import { RECENT_KEY, RecentList } from "./recent-list.tsx";

/** Field, hint and foot: what the list's height is added to. */
const AROUND_LIST_PX = 52 + 40 + 28;
const SHORTEST_LIST_PX = 160;
/** A wait that is shorter than this needs no sign. */
const LOADING_SHOWN_AFTER_MS = 400;

interface DirectoryProps {
  /** Highest the whole may become, px. */
  readonly roomPx: number;
  /** The link's loss is told here, as no call stands above. */
  readonly tellsStale: boolean;
}

export function Directory({ roomPx, tellsStale }: DirectoryProps): VNode {
  const { panel, state } = useScreen();
  const live = useIsLive();
  const input = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLDivElement>(null);
  const { link, query, shape } = state;
  const known = link.state === "live" || link.state === "stale" ? link : null;
  const colleagues = useMemo(
    () => (known ? orderColleagues(known.view.colleagues.values(), known.me) : []),
    [known?.view.colleagues, known?.me],
  );
  const meaning = useMemo(() => readField(query, colleagues), [query, colleagues]);
  const all = useMemo(() => groupLines(colleagues), [colleagues]);
  const isRecent = meaning.kind === "empty" && shownList(state) === "recent";
  const lines = isRecent ? [] : meaning.kind === "empty" ? all : "matches" in meaning ? toLines(meaning.matches) : [];
  const rows = lines.flatMap((line) => (line.kind === "row" ? [line.match.colleague] : []));
  // One match is chosen by itself; a typed number is dialled as typed until an arrow chooses.
  const chosen = state.chosen ?? (meaning.kind === "filter" && rows.length === 1 ? 0 : null);
  const chosenColleague = chosen === null ? null : (rows[chosen] ?? null);
  const colleague = chosenColleague ?? (meaning.kind === "number" ? meaning.colleague : null);

  const target = handOverTarget(state);
  const consultation = meaning.kind === "empty" ? consultationToComplete(state) : null;
  const doWhatIsMeant = (atOnce: boolean) => {
    const number = colleague?.extension ?? numberMeant(meaning, state.chosen);
    if (!live) return;
    if (consultation) panel.command("complete-transfer", consultation);
    else if (number === null) return;
    else if (target === null) panel.dial(number, colleague?.name ?? null);
    else if (mayHandOverTo(target, number)) panel.handOver(number, atOnce);
  };
  const pressNumber = (number: string) => {
    if (target === null) panel.dial(number, null);
    else if (mayHandOverTo(target, number)) panel.handOver(number, false);
  };
  const choices = meaning.kind === "numbers" ? meaning.numbers.length : rows.length;
  const pressKey = (event: KeyboardEvent) => {
    const arrow = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (isRecent && arrow > 0) {
      area.current?.querySelector<HTMLElement>(RECENT_KEY)?.focus();
      event.preventDefault();
    } else if (arrow !== 0 && choices > 0) {
      const next = chosen === null ? (arrow > 0 ? 0 : choices - 1) : chosen + arrow;
      panel.happen({ type: "chosen", chosen: next < 0 ? null : Math.min(next, choices - 1) });
      event.preventDefault();
    } else if (event.key === "ArrowRight" && chosenColleague && isAtEnd(event.target)) {
      enterRowKeys(chosen ?? 0);
      event.preventDefault();
    } else if (event.key === "Enter" && !event.isComposing) {
      doWhatIsMeant(event.shiftKey);
      event.preventDefault();
    }
  };

  // The list keeps its height while one types: the field must not run away from the cursor.
  const wantedPx = all.reduce((sum, line) => sum + (line.kind === "row" ? ROW_PX : GROUP_PX), 4);
  const heightPx = Math.max(Math.min(wantedPx, roomPx - AROUND_LIST_PX), SHORTEST_LIST_PX);
  return (
    <>
      {tellsStale && <StaleBar />}
      <FieldBar input={input} chosen={chosen} pressKey={pressKey} />
      <EnterHint
        meaning={meaning}
        colleague={colleague}
        size={colleagues.length}
        target={target}
        consultation={consultation}
      />
      {shape.list && (
        <div class="k-area" id={LISTS_ID} ref={area} style={{ height: `${heightPx}px` }}>
          {known === null || (isRecent && state.recent === null) ? (
            <Loading />
          ) : isRecent ? (
            <RecentList calls={state.recent ?? []} heightPx={heightPx} />
          ) : meaning.kind === "numbers" ? (
            <Numbers numbers={meaning.numbers} chosen={state.chosen} press={pressNumber} />
          ) : lines.length > 0 ? (
            <ColleagueList lines={lines} chosen={chosen} pressKey={pressKey} heightPx={heightPx} target={target} />
          ) : (
            <Nobody meaning={meaning} size={colleagues.length} />
          )}
        </div>
      )}
      <Troubles />
      <Foot />
    </>
  );
}

/** To the right there is no letter left to go to. */
function isAtEnd(target: EventTarget | null): boolean {
  return !(target instanceof HTMLInputElement) || target.selectionStart === target.value.length;
}

function toLines(matches: Extract<FieldMeaning, { kind: "filter" }>["matches"]): readonly ListLine[] {
  return matches.map((match): ListLine => ({ kind: "row", match }));
}

function numberMeant(meaning: FieldMeaning, chosen: number | null): string | null {
  if (meaning.kind === "number") return meaning.number;
  if (meaning.kind === "numbers" && chosen !== null) return meaning.numbers[chosen] ?? null;
  return null;
}

function Loading(): VNode | null {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), LOADING_SHOWN_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return shown ? <ListSkeleton /> : null;
}

interface NumbersProps {
  readonly numbers: readonly string[];
  readonly chosen: number | null;
  readonly press: (number: string) => void;
}

function Numbers({ numbers, chosen, press }: NumbersProps): VNode {
  const live = useIsLive();
  return (
    <div class="k-pick k-pick--list">
      {numbers.map((number, index) => (
        <button
          type="button"
          key={number}
          class={index === chosen ? "o inset is-chosen" : "o inset"}
          onClick={() => press(number)}
          disabled={!live}
        >
          <Icon name="call" size={16} />
          <b>{groupNumber(number)}</b>
        </button>
      ))}
    </div>
  );
}

function Nobody({ meaning, size }: { readonly meaning: FieldMeaning; readonly size: number }): VNode | null {
  const { state, say } = useScreen();
  if (meaning.kind === "filter" && size > 0)
    return (
      <div class="k-empty">
        <b>{say("field.not-found", { text: state.query.trim() })}</b>
      </div>
    );
  if (size > 0) return null;
  return (
    <div class="k-empty">
      <Icon name="person" />
      <b>{say("list.empty")}</b>
      {say("list.empty-why")}
    </div>
  );
}
