/** The field for what was talked about, which stands in the CRM's note of the call, and the card on which that note belongs. */
import type { VNode } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PlaceView } from "../../src/panel/protocol.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { type CallNote, LONGEST_WORDS, noteOf, unsentWords } from "./call-notes.ts";
import { useIsLive, useScreen } from "./context.ts";
import { whyNot } from "./failure-words.ts";
import { isTextField } from "./keys.ts";

interface CallNoteFieldProps {
  readonly callId: string;
  /** By ENTER or Escape the person says that he is done with it. */
  readonly close: () => void;
}

export function CallNoteField({ callId, close }: CallNoteFieldProps): VNode {
  const { panel, state, say } = useScreen();
  const field = useRef<HTMLTextAreaElement>(null);
  const note = noteOf(state.notes, callId);
  // As it is drawn: an effect after the paint may not draw by itself.
  useLayoutEffect(() => {
    panel.notes.open(callId);
    // Whoever is at work in the CRM's page or in another field is left there.
    if (document.hasFocus() && !isTextField(document.activeElement)) field.current?.focus();
    return () => panel.notes.gone(callId);
  }, [callId]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys are those of the field and the buttons inside
    <div
      class="k-words"
      onFocusIn={() => panel.notes.hold(callId)}
      onFocusOut={() => panel.notes.leave(callId)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        close();
      }}
    >
      <div class="k-words-box">
        <textarea
          ref={field}
          data-note
          aria-label={say("words.label")}
          placeholder={say("words.placeholder")}
          maxLength={LONGEST_WORDS}
          value={note?.text ?? note?.told?.text ?? ""}
          onInput={(event) => panel.notes.type(callId, event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            event.preventDefault();
            close();
          }}
        />
        {note && <Place note={note} />}
      </div>
      {note?.failure && <Failed note={note} failure={note.failure} />}
    </div>
  );
}

function Failed({ note, failure }: { readonly note: CallNote; readonly failure: NonNullable<CallNote["failure"]> }) {
  const { panel, say } = useScreen();
  const { kind } = failure.command;
  return (
    <div class="k-words-bad" role="alert">
      <p>
        <b>{say(`failed.${kind}`)}</b> {whyNot(kind, failure.why, say)}
      </p>
      <button type="button" class="k-btn k-btn--32" onClick={() => panel.notes.retry(note)}>
        {say("dial.again")}
      </button>
    </div>
  );
}

/** On which card the call stands or will stand, and what became of the words. Pressed, it offers the other cards. */
function Place({ note }: { readonly note: CallNote }): VNode {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const [isChoosing, setChoosing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const { callId, told } = note;
  const path = pathOf(note);
  const name = told?.places.find((place) => place.path === path)?.name ?? say("words.no-place");
  const progress = progressOf(note, live);
  // The CRM's page may show another card than before, and we hear of it some time after it does.
  useLayoutEffect(() => {
    if (isChoosing) panel.notes.ask(callId);
  }, [isChoosing, state.openCard]);
  return (
    <>
      <div class="to">
        <span>{say("words.place")}</span>
        <button
          type="button"
          ref={button}
          aria-expanded={isChoosing}
          aria-label={say("words.change-place", { name })}
          title={name}
          onClick={() => setChoosing(!isChoosing)}
          disabled={!live || told === null}
        >
          <span class="cut">{name}</span>
          <Icon name={isChoosing ? "up" : "down"} size={16} />
        </button>
        <span class="ok">{progress && say(`words.${progress}`)}</span>
      </div>
      {isChoosing && (
        <Places
          places={told?.places ?? []}
          path={path}
          choose={(chosen) => {
            if (chosen !== path) panel.notes.put(callId, chosen);
            setChoosing(false);
            button.current?.focus();
          }}
        />
      )}
    </>
  );
}

/** Where the call stands, as the person has it. */
function pathOf({ moveTo, sending, told }: CallNote): string | null {
  return moveTo ?? (sending?.kind === "move-call" ? sending.path : (told?.path ?? null));
}

/** A failure has words of its own. */
function progressOf(note: CallNote, live: boolean): "saving" | "saved" | "moved" | "waits" | null {
  if (note.sending !== null || note.moveTo !== null) return "saving";
  if (note.failure !== null) return null;
  if (unsentWords(note) !== null) return live ? null : "waits";
  if (note.kept === null) return null;
  return note.kept === "note-call" ? "saved" : "moved";
}

const ICONS: Record<PlaceView["kind"], IconName> = { lead: "deal", contact: "person", company: "crm" };

interface PlacesProps {
  readonly places: readonly PlaceView[];
  /** The card on which it stands. */
  readonly path: string | null;
  readonly choose: (path: string) => void;
}

function Places({ places, path, choose }: PlacesProps): VNode {
  const { state, say } = useScreen();
  const { openCard } = state;
  const isUnknown = openCard !== null && !places.some((place) => place.path === openCard);
  return (
    <fieldset class="k-places" aria-label={say("words.places")}>
      {places.map((place) => (
        <button
          type="button"
          key={place.path}
          class="o inset"
          aria-pressed={place.path === path}
          onClick={() => choose(place.path)}
        >
          <Icon name={ICONS[place.kind]} size={16} />
          <span class="cut k-lines">
            <span class="cut">{place.name}</span>
            <small class="cut">
              {say(`words.${place.kind}`)}
              {place.path === openCard && `, ${say("words.is-open")}`}
            </small>
          </span>
          {place.path === path && <Icon name="check" size={16} />}
        </button>
      ))}
      {places.length === 0 && <small>{say("words.no-places")}</small>}
      {isUnknown && <small>{say("words.open-unknown")}</small>}
    </fieldset>
  );
}
