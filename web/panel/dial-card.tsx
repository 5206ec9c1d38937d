/** A call that was asked for and is not there yet, or will not be: what is done about it, or why not and what to do. */
import type { VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import { IconButton } from "./call-card.tsx";
import { useScreen } from "./context.ts";
import { groupNumber } from "./field.ts";
import type { DialAttempt, Failure } from "./panel-state.ts";

export function DialCard({ dial }: { readonly dial: DialAttempt }): VNode {
  const { panel, state, say } = useScreen();
  const { failure, number, name } = dial;
  const title = say(failure === null ? "dial.asked" : `refused.${failure}`);
  const shown = name ?? groupNumber(number);
  return (
    <article
      class={`k-call${failure === null ? " k-ringing" : ""}`}
      data-hue={failure === null ? "blue" : hueOf(failure)}
      aria-label={`${title}: ${shown}`}
    >
      <header class="k-strip">
        <Icon name={failure === null ? "out" : iconOf(failure)} size={16} />
        <b>{title}</b>
        <span class="via cut" />
        {!state.shape.list && (
          <IconButton icon="up" label={say("list.show")} press={() => panel.reshape("toggle-list")} />
        )}
        <IconButton icon="down" label={say("call.collapse")} press={() => panel.reshape("collapse")} />
      </header>
      <div class="k-who">
        <div class="k-name cut" title={shown}>
          {shown}
        </div>
        <span />
        <div class="k-co" role={failure === null ? undefined : "alert"}>
          {say(failure === null ? "dial.asked-hint" : `advice.${failure}`)}
        </div>
        {name !== null && (
          <div class="k-num">
            <span class="n">{groupNumber(number)}</span>
          </div>
        )}
      </div>
      {failure === null ? (
        <div class="k-gap" />
      ) : (
        <div class="k-acts">
          <button type="button" class="k-btn k-btn--go grow" onClick={() => panel.dial(number, name)}>
            <Icon name="repeat" />
            {say("dial.again")}
          </button>
          <button type="button" class="k-btn" onClick={() => panel.happen({ type: "dial-closed" })}>
            {say("dial.close")}
          </button>
        </div>
      )}
    </article>
  );
}

/** Red is a broken line; what a person can change by trying again waits in amber. */
function hueOf(failure: Failure): "red" | "amber" {
  return failure.startsWith("pbx-") || failure === "not-sent" || failure === "own-phone-offline" ? "red" : "amber";
}

function iconOf(failure: Failure): "desk" | "pbx" | "warn" {
  if (failure.startsWith("own-phone-")) return "desk";
  return failure.startsWith("pbx-") ? "pbx" : "warn";
}
