/**
 * A call that was asked for and is not there yet, or will not be: what is done about it, or why not and what to do; or a warning
 * before it is dialled at all, which the person answers.
 */
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { firstName } from "./card-face.ts";
import { Action, ActionRow, CardFrame } from "./card-parts.tsx";
import { useScreen, useServiceNow, useTimeZone } from "./context.ts";
import type { Collision, DialAttempt } from "./dial-attempt.ts";
import { formatHour } from "./duration.ts";
import { Elapsed } from "./elapsed.tsx";
import { groupNumber } from "./field.ts";
import type { Failure } from "./panel-state.ts";

export function DialCard({ dial }: { readonly dial: DialAttempt }): VNode {
  const { panel, say } = useScreen();
  const { failure, collision, number, name } = dial;
  if (collision) return <CollisionCard dial={dial} collision={collision} />;
  const shown = name ?? groupNumber(number);
  return (
    <CardFrame
      hue={failure === null ? "blue" : hueOf(failure)}
      icon={failure === null ? "out" : iconOf(failure)}
      title={say(failure === null ? "dial.asked" : `refused.${failure}`)}
      name={shown}
      breathes={failure === null}
    >
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
        <ActionRow moment={failure}>
          <Action look="go" grow local icon="repeat" label={say("dial.again")} press={() => panel.dial(number, name)} />
          <Action local label={say("dial.close")} press={() => panel.happen({ type: "dial-closed" })} />
        </ActionRow>
      )}
    </CardFrame>
  );
}

interface CollisionProps {
  readonly dial: DialAttempt;
  readonly collision: Collision;
}

/** The client should not get two calls from one company: the safe answer has the focus. */
function CollisionCard({ dial, collision }: CollisionProps): VNode {
  const { panel, say } = useScreen();
  const now = useServiceNow();
  const timeZone = useTimeZone();
  const keys = useRef<HTMLDivElement>(null);
  useEffect(() => keys.current?.querySelector("button")?.focus(), []);
  const { state, colleague, extension, at } = collision;
  const talks = state === "talks";
  const shown = dial.name ?? groupNumber(dial.number);
  const hour = formatHour(at, timeZone);
  const minutes = Math.floor((now - at) / 60_000);
  const talked = minutes > 0 ? say("collision.talked", { count: minutes }) : say("collision.talked-now");
  const leave = () => {
    panel.happen({ type: "dial-closed" });
    panel.giveFocusBack();
  };
  const dialAnyway = () => panel.dial(dial.number, dial.name, true);
  return (
    <CardFrame
      hue="amber"
      icon={talks ? "person" : "clock"}
      title={talks ? say("collision.talks", { who: firstName(colleague) }) : talked}
      time={talks ? <Elapsed since={at} kind="timer" /> : null}
      name={shown}
    >
      <div class="k-who">
        <div class="k-name cut" title={shown}>
          {shown}
        </div>
        <span />
        <div class="k-co" role="alert">
          {talks
            ? say("collision.talks-hint", { who: colleague })
            : say("collision.talked-hint", { who: colleague, hour, minutes: minutesOf(collision) })}
        </div>
      </div>
      <div ref={keys}>
        {talks ? (
          <div class="k-stack">
            <Action look="go" local label={say("collision.leave")} press={leave} />
            <Action
              label={say("collision.call-colleague", { who: firstName(colleague), extension })}
              press={() => panel.dial(extension, colleague)}
            />
            <Action
              local
              label={say("collision.tell-when-free")}
              press={() => {
                panel.happen({ type: "awaited", extension, name: colleague });
                leave();
              }}
            />
            <Action label={say("collision.call-anyway")} press={dialAnyway} />
          </div>
        ) : (
          <ActionRow moment="collision">
            <Action look="go" grow local label={say("collision.leave")} press={leave} />
            <Action label={say("collision.call")} press={dialAnyway} />
          </ActionRow>
        )}
      </div>
    </CardFrame>
  );
}

/** Length of the talk that is over; a short one was a talk too. */
function minutesOf({ talkSeconds }: Collision): number {
  return Math.max(1, Math.round(talkSeconds / 60));
}

/** Red is a broken line; what a person can change by trying again waits in amber. */
function hueOf(failure: Failure): "red" | "amber" {
  return failure.startsWith("pbx-") || failure === "not-sent" || failure === "own-phone-offline" ? "red" : "amber";
}

function iconOf(failure: Failure): "desk" | "pbx" | "warn" {
  if (failure.startsWith("own-phone-")) return "desk";
  return failure.startsWith("pbx-") ? "pbx" : "warn";
}
