/** The lowest line: quiet when all is well, otherwise which of the three lamps is out, what still works and since when. */
import type { VNode } from "preact";
import type { Lamp } from "../../src/panel/protocol.ts";
import type { MessageKey } from "../i18n/words.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { useScreen, useTimeZone } from "./context.ts";
import { DeviceChoice, hasChoice } from "./device-choice.tsx";
import { formatHour } from "./duration.ts";
import { IconButton } from "./icon-button.tsx";
import { type LampName, lampSentences } from "./lamp-words.ts";

const LAMPS: readonly { readonly name: LampName; readonly icon: IconName }[] = [
  { name: "pbx", icon: "pbx" },
  { name: "crm", icon: "crm" },
  { name: "phone", icon: "desk" },
];

/** Sentences for the lamps that are not well. */
export function Troubles(): VNode | null {
  const { state, say } = useScreen();
  if (state.link.state !== "live") return null;
  const { me, view } = state.link;
  const { lamps } = view;
  return (
    <>
      {LAMPS.filter(({ name }) => lamps[name].state !== "ok").map(({ name, icon }) => {
        const [what, then] = lampSentences(name, lamps, me, say);
        return (
          <div key={name} class="k-bar" data-hue={lamps[name].state === "down" && name !== "crm" ? "red" : "amber"}>
            <Icon name={icon} />
            <p>
              <b>{what}</b> <span>{then}</span>
            </p>
          </div>
        );
      })}
    </>
  );
}

export function Foot(): VNode {
  const { panel, state, say } = useScreen();
  return (
    <footer class="k-foot">
      <Condition />
      {state.link.state === "live" && hasChoice(state.link.me) && <DeviceChoice me={state.link.me} />}
      <span class="sp" />
      <IconButton look="inset" icon="right" label={say("panel.hide")} press={() => panel.reshape("hide")} />
    </footer>
  );
}

function Condition(): VNode {
  const { state, say } = useScreen();
  const { link } = state;
  if (link.state === "stale")
    return (
      <span class="k-lamp wait">
        <Icon name="repeat" size={16} />
        {say("foot.reconnecting", { attempt: link.attempt })}
      </span>
    );
  if (link.state !== "live") return <span class="k-lamp">{say("foot.connecting")}</span>;
  const { lamps } = link.view;
  const phone = link.me.extension ?? say("foot.no-phone");
  const waiting = lamps.crm.waiting > 0 && <span>{say("foot.waiting", { count: lamps.crm.waiting })}</span>;
  if (LAMPS.every(({ name }) => lamps[name].state === "ok"))
    return (
      <>
        <span class="k-lamp" title={say("foot.all-well")}>
          <span class="k-dot6" />
          {phone}
        </span>
        {waiting}
      </>
    );
  const words: Record<LampName, string> = { pbx: say("foot.pbx"), crm: say("foot.crm"), phone };
  return (
    <>
      {LAMPS.map(({ name, icon }) => (
        <LampSign key={name} lamp={lamps[name]} icon={icon} word={words[name]} />
      ))}
      {waiting}
    </>
  );
}

function LampSign({
  lamp,
  icon,
  word,
}: {
  readonly lamp: Lamp;
  readonly icon: IconName;
  readonly word: string;
}): VNode {
  const trouble = { ok: "", warn: " wait", down: " bad" }[lamp.state];
  return (
    <span class={`k-lamp${trouble}`}>
      <Icon name={lamp.state === "ok" ? icon : "warn"} size={16} />
      {word}
    </span>
  );
}

/** The link to the service itself is lost. */
export function StaleBar(): VNode | null {
  const { state, say } = useScreen();
  const timeZone = useTimeZone();
  if (state.link.state !== "stale") return null;
  const talks = state.calls.some(({ card, endedAt }) => endedAt === null && card.talkSince !== null);
  const then: MessageKey = talks ? "stale.talking" : "stale.idle";
  return (
    <div class="k-bar" data-hue="grey">
      <Icon name="repeat" />
      <p>
        <b>{say("stale.title", { hour: formatHour(state.link.since, timeZone) })}</b> <span>{say(then)}</span>
      </p>
    </div>
  );
}
