/** The line below the field, which says what ENTER will do before it is pressed. */
import type { VNode } from "preact";
import type { CardView, Colleague } from "../../src/panel/protocol.ts";
import type { Say } from "../i18n/words.ts";
import { Icon } from "../ui/icons.tsx";
import { firstName, targetOf } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";
import { type FieldMeaning, groupNumber } from "./field.ts";
import { type HandOverTarget, mayHandOverTo, shownList } from "./handing-over.ts";
import { ListTabs } from "./list-tabs.tsx";
import type { PanelState } from "./panel-state.ts";

interface HintProps {
  readonly meaning: FieldMeaning;
  /** The colleague whom ENTER would call. */
  readonly colleague: Colleague | null;
  readonly size: number;
  /** The call that ENTER would hand over. */
  readonly target: HandOverTarget | null;
  /** The consultation that ENTER would complete. */
  readonly consultation: CardView | null;
}

export function EnterHint(props: HintProps): VNode {
  const { meaning, colleague, size, target, consultation } = props;
  const { state, say } = useScreen();
  const live = useIsLive();
  if (!live && meaning.kind !== "empty") return <Line>{say("field.offline")}</Line>;
  if (consultation) {
    const who = targetOf(consultation.transfer, say);
    return <Line go>{say("transfer.will-connect", { who })}</Line>;
  }
  if (target) {
    const line = handOverLine(props, target, state, say);
    if (line) return line;
  }
  if (colleague)
    return (
      <Line go calls>
        {say("field.will-call", { who: `${colleague.name}, ${colleague.extension}` })}
      </Line>
    );
  switch (meaning.kind) {
    case "empty":
      return <ListTabs shown={shownList(state)} size={size} />;
    case "number":
      return (
        <Line
          go
          calls
          note={meaning.extensionAfter && say("field.no-extension-after", { extension: meaning.extensionAfter })}
        >
          {say("field.will-dial", { who: groupNumber(meaning.number) })}
        </Line>
      );
    case "numbers": {
      const number = state.chosen === null ? undefined : meaning.numbers[state.chosen];
      if (number)
        return (
          <Line go calls>
            {say("field.will-dial", { who: groupNumber(number) })}
          </Line>
        );
      return <Line>{say("field.several", { count: meaning.numbers.length })}</Line>;
    }
    case "filter":
      if (meaning.asIf !== null) return <Line>{say("field.as-if", { text: meaning.asIf })}</Line>;
      if (meaning.matches.length === 0) return <Line>{say("field.looked-at", { count: size })}</Line>;
      return <Line>{say("field.choose", { count: meaning.matches.length })}</Line>;
  }
}

/** null: nobody is meant yet, and the line says the same as without a call. */
function handOverLine(
  { meaning, colleague }: HintProps,
  target: HandOverTarget,
  state: PanelState,
  say: Say,
): VNode | null {
  const number =
    meaning.kind === "number"
      ? meaning.number
      : meaning.kind === "numbers" && state.chosen !== null
        ? (meaning.numbers[state.chosen] ?? null)
        : null;
  const who = colleague ? colleague.name : number && groupNumber(number);
  if (who === null) return state.picking && meaning.kind === "empty" ? <Line>{say("transfer.choose")}</Line> : null;
  if (!colleague && number && !mayHandOverTo(target, number)) return <Line>{say("transfer.not-outside")}</Line>;
  if (target.card.state === "ringing") return <Line go>{say("transfer.will-send-on", { who })}</Line>;
  if (!target.asks) return <Line go>{say("transfer.will-give", { who })}</Line>;
  return (
    <Line go note={target.gives ? say("transfer.shift-enter") : null}>
      {say("transfer.will-ask", { who: colleague ? firstName(who) : who })}
    </Line>
  );
}

interface LineProps {
  readonly children: string;
  /** ENTER does something. */
  readonly go?: boolean;
  /** What it does is a call. */
  readonly calls?: boolean;
  readonly note?: string | null;
}

function Line({ children, go = false, calls = false, note = null }: LineProps): VNode {
  const { say } = useScreen();
  return (
    <div class={go ? "k-hint go" : "k-hint"} id="enter-does">
      {calls && <Icon name="call" size={16} />}
      <span class="cut" title={note ? `${children}. ${note}` : children}>
        {go && <b>{say("field.enter")}</b>} {children}
        {note && <small>{note}</small>}
      </span>
    </div>
  );
}
