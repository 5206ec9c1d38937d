/** The one field and the line below it, which says what ENTER will do before it is pressed. */
import type { RefObject, VNode } from "preact";
import type { Colleague } from "../../src/panel/protocol.ts";
import { Icon } from "../ui/icons.tsx";
import { useIsLive, useScreen } from "./context.ts";
import { type FieldMeaning, groupNumber } from "./field.ts";

export const LIST_ID = "colleagues";

/** Id of a row of the list, for `aria-activedescendant`. */
export function rowId(index: number): string {
  return `${LIST_ID}-${index}`;
}

interface FieldBarProps {
  readonly input: RefObject<HTMLInputElement | null>;
  readonly chosen: number | null;
  readonly pressKey: (event: KeyboardEvent) => void;
}

export function FieldBar({ input, chosen, pressKey }: FieldBarProps): VNode {
  const { panel, state, say } = useScreen();
  const clear = say("field.clear");
  return (
    <div class="k-top">
      <div class="k-field">
        <Icon name="search" />
        <input
          ref={input}
          data-field
          role="combobox"
          aria-label={say("field.label")}
          aria-haspopup="grid"
          aria-autocomplete="list"
          aria-expanded={state.shape.list}
          aria-controls={state.shape.list ? LIST_ID : undefined}
          aria-activedescendant={chosen !== null && state.shape.list ? rowId(chosen) : undefined}
          aria-describedby="enter-does"
          placeholder={say("field.label")}
          autocomplete="off"
          spellcheck={false}
          value={state.query}
          onInput={(event) => panel.happen({ type: "typed", query: event.currentTarget.value })}
          onKeyDown={pressKey}
        />
        {state.query === "" ? (
          <span class="k-key" aria-hidden="true">
            {say("field.key")}
          </span>
        ) : (
          <button
            type="button"
            class="k-ib"
            aria-label={clear}
            title={clear}
            onClick={() => {
              panel.happen({ type: "typed", query: "" });
              input.current?.focus();
            }}
          >
            <Icon name="x" />
          </button>
        )}
      </div>
      <button
        type="button"
        class="k-ib"
        aria-label={say("panel.collapse")}
        title={say("panel.collapse")}
        onClick={() => panel.reshape("collapse")}
      >
        <Icon name="down" />
      </button>
    </div>
  );
}

interface HintProps {
  readonly meaning: FieldMeaning;
  /** The colleague whom ENTER would call. */
  readonly colleague: Colleague | null;
  readonly size: number;
}

export function EnterHint({ meaning, colleague, size }: HintProps): VNode {
  const { state, say } = useScreen();
  const live = useIsLive();
  if (!live && meaning.kind !== "empty") return <Line>{say("field.offline")}</Line>;
  if (colleague) return <Line go>{say("field.will-call", { who: `${colleague.name}, ${colleague.extension}` })}</Line>;
  switch (meaning.kind) {
    case "empty":
      return <Fold size={size} />;
    case "number":
      return (
        <Line
          go
          note={meaning.extensionAfter && say("field.no-extension-after", { extension: meaning.extensionAfter })}
        >
          {say("field.will-dial", { who: groupNumber(meaning.number) })}
        </Line>
      );
    case "numbers": {
      const number = state.chosen === null ? undefined : meaning.numbers[state.chosen];
      if (number) return <Line go>{say("field.will-dial", { who: groupNumber(number) })}</Line>;
      return <Line>{say("field.several", { count: meaning.numbers.length })}</Line>;
    }
    case "filter":
      if (meaning.asIf !== null) return <Line>{say("field.as-if", { text: meaning.asIf })}</Line>;
      if (meaning.matches.length === 0) return <Line>{say("field.looked-at", { count: size })}</Line>;
      return <Line>{say("field.choose", { count: meaning.matches.length })}</Line>;
  }
}

function Fold({ size }: { readonly size: number }): VNode {
  const { panel, state, say } = useScreen();
  const { list } = state.shape;
  return (
    <div class="k-fold" id="enter-does">
      <button type="button" class="inset" aria-expanded={list} onClick={() => panel.reshape("toggle-list")}>
        <b>{say("list.name")}</b>
        <span>{size}</span>
        <span class="sp" />
        <Icon name={list ? "down" : "up"} size={16} />
        <span class="k-vh">{say(list ? "list.hide" : "list.show")}</span>
      </button>
    </div>
  );
}

interface LineProps {
  readonly children: string;
  readonly go?: boolean;
  readonly note?: string | null;
}

function Line({ children, go = false, note = null }: LineProps): VNode {
  const { say } = useScreen();
  return (
    <div class={go ? "k-hint go" : "k-hint"} id="enter-does">
      {go && <Icon name="call" size={16} />}
      <span class="cut" title={note ? `${children}. ${note}` : children}>
        {go && <b>{say("field.enter")}</b>} {children}
        {note && <small>{note}</small>}
      </span>
    </div>
  );
}
