/** The one field: whom to call, or whom to hand the call over to. */
import type { RefObject, VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import { IconButton } from "./card-parts.tsx";
import { useScreen } from "./context.ts";

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
  const picking = state.picking !== null;
  const label = say(picking ? "field.transfer-to" : "field.label");
  return (
    <div class="k-top">
      <div class="k-field">
        <Icon name={picking ? "transfer" : "search"} />
        <input
          ref={input}
          data-field
          role="combobox"
          aria-label={label}
          aria-haspopup="grid"
          aria-autocomplete="list"
          aria-expanded={state.shape.list}
          aria-controls={state.shape.list ? LIST_ID : undefined}
          aria-activedescendant={chosen !== null && state.shape.list ? rowId(chosen) : undefined}
          aria-describedby="enter-does"
          placeholder={label}
          autocomplete="off"
          spellcheck={false}
          value={state.query}
          onInput={(event) => panel.happen({ type: "typed", query: event.currentTarget.value })}
          onKeyDown={pressKey}
        />
        {state.query === "" ? (
          !picking && (
            <span class="k-key" aria-hidden="true">
              {say("field.key")}
            </span>
          )
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
      {picking ? (
        <IconButton icon="x" label={say("transfer.leave")} press={() => panel.happen({ type: "picking", on: false })} />
      ) : (
        <IconButton icon="down" label={say("panel.collapse")} press={() => panel.reshape("collapse")} />
      )}
    </div>
  );
}
