import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CardView } from "../../src/panel/protocol.ts";
import { Icon } from "../ui/icons.tsx";
import { useIsLive, useScreen } from "./context.ts";

/** The service takes no longer one. */
const LONGEST = 300;
/** A pause in typing: what stands there may be worth showing to the colleague. */
const PAUSE_MS = 600;

/** One line for the colleague, who sees it beside the call; written to him as it is typed. */
export function HandOverNote({ card }: { readonly card: CardView }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const [text, setText] = useState(card.transfer?.note ?? ""); // written before the page was loaded anew
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const unsaved = useRef<(() => void) | null>(null);
  const save = () => {
    clearTimeout(timer.current);
    unsaved.current?.();
    unsaved.current = null;
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (typed: string) => {
    setText(typed);
    unsaved.current = () => panel.writeNote(card, typed);
    clearTimeout(timer.current);
    timer.current = setTimeout(save, PAUSE_MS);
  };
  return (
    <label class="k-line" title={say("note.why")}>
      <Icon name="note" size={16} />
      <input
        data-note
        aria-label={say("note.label")}
        aria-keyshortcuts="N"
        placeholder={say("note.label")}
        maxLength={LONGEST}
        autocomplete="off"
        value={text}
        disabled={!live}
        onInput={(event) => type(event.currentTarget.value)}
        onBlur={save}
        onKeyDown={(event) => {
          // Written, the next ENTER is for the button that connects.
          if (event.key === "Enter" && !event.isComposing) event.currentTarget.blur();
        }}
      />
    </label>
  );
}
