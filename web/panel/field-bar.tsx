/** The one field: whom to call, or whom to hand the call over to. */
import type { RefObject, VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import { useScreen } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

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
          <IconButton
            icon="x"
            size={20}
            label={say("field.clear")}
            press={() => {
              panel.happen({ type: "typed", query: "" });
              input.current?.focus();
            }}
          />
        )}
      </div>
      {picking ? (
        <IconButton
          look="inset"
          icon="x"
          label={say("transfer.leave")}
          press={() => panel.happen({ type: "picking", on: false })}
        />
      ) : (
        <IconButton look="inset" icon="down" label={say("panel.collapse")} press={() => panel.reshape("collapse")} />
      )}
    </div>
  );
}
