/** Calls that go on without an own phone: the own client who rings at a colleague's, what was handed over, what is parked. */
import type { ComponentChildren, VNode } from "preact";
import { Icon, type IconName } from "../ui/icons.tsx";
import { type Hue, nameOf } from "./card-face.ts";
import { Action, ActionRow, CardFrame, Clients, ContextLine, MissedActions, NumberLine } from "./card-parts.tsx";
import { useIsLive, useScreen } from "./context.ts";
import { type DistantCall, distantKey, isMissedOffer } from "./distant-calls.ts";
import { distantFace } from "./distant-face.ts";
import { Elapsed } from "./elapsed.tsx";
import { IconButton } from "./icon-button.tsx";
import { WireLine } from "./wire-line.tsx";

/** It has the whole card when no own call has it. */
export function DistantCard({ call }: { readonly call: DistantCall }): VNode {
  const { panel, say } = useScreen();
  const { view } = call;
  const face = distantFace(call, say);
  const name = nameOf(view) ?? say("call.hidden-number");
  const client = view.clients.length === 1 ? view.clients[0] : undefined;
  return (
    <CardFrame
      hue={face.hue}
      icon={face.icon}
      title={face.title}
      via={face.via}
      time={face.since === null ? null : <Elapsed since={face.since} kind="waiting" />}
      name={name}
      breathes={call.overAt === null}
    >
      <div class="k-who">
        <div class="k-name cut" title={name}>
          {name}
        </div>
        <span />
        {client?.company && !face.wire && (
          <div class="k-co cut" title={client.company}>
            {client.company}
          </div>
        )}
        {!face.wire && <NumberLine call={view} open={(one) => panel.openCard(one)} create={null} />}
      </div>
      {!face.wire && <Clients clients={view.clients} choose={(one) => panel.openCard(one)} />}
      {client?.deal && !face.wire && <ContextLine icon="deal" text={client.deal} />}
      {face.wire && <WireLine wire={face.wire} />}
      {call.overAt === null ? (
        <ActionRow moment={distantKey(call)}>
          <DistantKeys call={call} />
        </ActionRow>
      ) : isMissedOffer(call) && view.number !== null ? (
        <MissedActions callKey={distantKey(call)} number={view.e164 ?? view.number} name={null} />
      ) : (
        <div class="k-gap" />
      )}
    </CardFrame>
  );
}

function DistantKeys({ call }: { readonly call: DistantCall }): VNode | null {
  const { panel, state, say } = useScreen();
  const { callId } = call.view;
  if (state.asked.some((asked) => asked.callId === callId && (asked.kind === "take" || asked.kind === "take-back")))
    return <span class="hint">{say("call.asked-to-ring")}</span>;
  if (call.kind === "offer")
    return (
      <>
        <Action
          look="violet"
          grow
          icon="take"
          label={say("offer.take")}
          keyName="A"
          press={() => panel.fetch("take", callId)}
        />
        <Action
          local
          label={say("call.do-not-take")}
          press={() => panel.happen({ type: "put-away", key: distantKey(call) })}
        />
      </>
    );
  return call.view.canTakeBack ? (
    <Action
      grow
      icon="back"
      label={say("transfer.take-back")}
      keyName="R"
      press={() => panel.fetch("take-back", callId)}
    />
  ) : null;
}

/** Beside an own call it is a line above the card. */
export function DistantLine({ call }: { readonly call: DistantCall }): VNode {
  const { panel, say } = useScreen();
  const { view, overAt } = call;
  const { hue, icon, title, via } = distantFace(call, say);
  const name = nameOf(view) ?? say("call.hidden-number");
  const isOffer = call.kind === "offer";
  const canFetch = overAt === null && (isOffer || call.view.canTakeBack);
  return (
    <Line hue={hue} icon={icon} name={name} what={[title, via].filter(Boolean).join(" · ")}>
      {canFetch && (
        <LineKey
          icon={isOffer ? "take" : "back"}
          label={say(isOffer ? "offer.take-of" : "transfer.take-back-of", { name })}
          press={() => panel.fetch(isOffer ? "take" : "take-back", view.callId)}
        />
      )}
      {overAt === null && isOffer && (
        <LineKey
          icon="x"
          label={say("offer.leave-of", { name })}
          press={() => panel.happen({ type: "put-away", key: distantKey(call) })}
        />
      )}
    </Line>
  );
}

/** Calls that wait in a slot for whoever fetches them. */
export function ParkedCalls(): VNode | null {
  const { panel, state, say } = useScreen();
  const { link } = state;
  if (link.state !== "live" || link.view.parked.length === 0) return null;
  return (
    <section aria-label={say("parked.name")}>
      {link.view.parked.map((view) => {
        const name = nameOf(view) ?? say("call.hidden-number");
        return (
          <Line
            key={view.callId}
            hue="amber"
            icon="park"
            name={name}
            what={
              <>
                {say("parked.slot", { slot: view.slot })} · <Elapsed since={view.since} kind="waiting" />
                {view.by && ` · ${view.by}`}
              </>
            }
          >
            <LineKey
              icon="take"
              label={say("parked.fetch", { name })}
              press={() => panel.fetch("retrieve", view.callId)}
            />
          </Line>
        );
      })}
    </section>
  );
}

interface LineProps {
  readonly hue: Hue;
  readonly icon: IconName;
  readonly name: string;
  readonly what: ComponentChildren;
  readonly children: ComponentChildren;
}

function Line({ hue, icon, name, what, children }: LineProps): VNode {
  const { state } = useScreen();
  return (
    <div class="k-second" data-hue={state.link.state === "stale" ? "grey" : hue}>
      <Icon name={icon} />
      <span class="cut k-lines">
        <b class="cut">{name}</b>
        <small class="cut">{what}</small>
      </span>
      <span class="k-slot-acts">{children}</span>
    </div>
  );
}

function LineKey(props: { readonly icon: IconName; readonly label: string; readonly press: () => void }): VNode {
  const live = useIsLive();
  return <IconButton {...props} size={20} disabled={!live} />;
}
