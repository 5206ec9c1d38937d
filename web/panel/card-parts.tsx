/** What every card of a call is put together from. */
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { CardView, ClientView, DistantCallView } from "../../src/panel/protocol.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { type Hue, nameOf } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";
import { IconButton } from "./icon-button.tsx";
import { isNamedByNumber } from "./same-number.ts";

/** After a change of state a row ignores the pointer, so that the second half of a double click hits nothing. */
const HUSH_MS = 350;

interface CardFrameProps {
  readonly hue: Hue;
  readonly icon: IconName;
  readonly title: string;
  readonly via?: string | null;
  /** Running time at the end of the strip. */
  readonly time?: ComponentChildren;
  readonly name: string;
  readonly breathes?: boolean;
  /** The call is over, and its card may go. */
  readonly putAway?: () => void;
  readonly children: ComponentChildren;
}

/** The card with its strip: colour, icon, word. */
export function CardFrame(props: CardFrameProps): VNode {
  const { panel, state, say } = useScreen();
  const { hue, icon, title, via, time, name, breathes, putAway, children } = props;
  return (
    <article
      tabIndex={-1}
      class={`k-call${breathes ? " k-ringing" : ""}`}
      data-hue={state.link.state === "stale" ? "grey" : hue}
      aria-label={`${title}: ${name}`}
    >
      <header class="k-strip">
        <Icon name={icon} size={16} />
        <b class="cut">{title}</b>
        <span class="via cut">{via && `· ${via}`}</span>
        {time && (
          <span class="t" role="timer">
            {time}
          </span>
        )}
        {!state.shape.list && (
          <IconButton look="inset" icon="up" label={say("list.show")} press={() => panel.reshape("toggle-list")} />
        )}
        <IconButton look="inset" icon="down" label={say("call.collapse")} press={() => panel.reshape("collapse")} />
        {putAway && <IconButton look="inset" icon="x" label={say("dial.close")} press={putAway} />}
      </header>
      {children}
    </article>
  );
}

interface ActionRowProps {
  /** The row hushes when it changes. */
  readonly moment: string;
  readonly children: ComponentChildren;
}

export function ActionRow({ moment, children }: ActionRowProps): VNode {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = row.current;
    if (!element) return;
    element.style.pointerEvents = "none";
    const timer = setTimeout(() => {
      element.style.pointerEvents = "";
    }, HUSH_MS);
    return () => clearTimeout(timer);
  }, [moment]);
  return (
    <div class="k-acts" ref={row}>
      {children}
    </div>
  );
}

interface ActionProps {
  readonly label: string;
  /** The key that does the same. */
  readonly keyName?: string;
  readonly icon?: IconName;
  readonly look?: "go" | "violet";
  /** Takes the free room. */
  readonly grow?: boolean;
  /** It is for the panel alone and works without a link to the service. */
  readonly local?: boolean;
  readonly press: () => void;
}

/** A button with words. */
export function Action({ label, keyName, icon, look, grow = false, local = false, press }: ActionProps): VNode {
  const live = useIsLive();
  return (
    <button
      type="button"
      class={`k-btn${look ? ` k-btn--${look}` : ""}${grow ? " grow" : ""}`}
      title={withKey(label, keyName)}
      aria-keyshortcuts={keyName}
      onClick={press}
      disabled={!live && !local}
    >
      {icon && <Icon name={icon} />}
      <span class="cut">{label}</span>
    </button>
  );
}

interface SquareProps {
  readonly label: string;
  readonly keyName?: string;
  readonly icon: IconName;
  readonly pressed?: boolean;
  /** It works without a link to the service. */
  readonly local?: boolean;
  readonly press: () => void;
}

/** A button with a sign only; its words are its title. */
export function Square({ label, keyName, icon, pressed, local = false, press }: SquareProps): VNode {
  const live = useIsLive();
  return (
    <button
      type="button"
      class={icon === "play" ? "k-btn k-btn--sq is-hold" : "k-btn k-btn--sq"}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keyName}
      title={withKey(label, keyName)}
      onClick={press}
      disabled={!live && !local}
    >
      <Icon name={icon} />
    </button>
  );
}

function withKey(label: string, keyName: string | undefined): string {
  return keyName === undefined ? label : `${label} (${keyName})`;
}

interface NumberLineProps {
  readonly call: CardView | DistantCallView;
  /** Opens the client's card; null when it cannot be. */
  readonly open: ((client: ClientView) => void) | null;
  /** Makes a contact of a number that nobody has; null when it cannot be done. */
  readonly create: (() => void) | null;
}

export function NumberLine({ call, open, create }: NumberLineProps): VNode | null {
  const { say } = useScreen();
  const { number, clients } = call;
  const count = clients.length;
  const client = count === 1 ? clients[0] : undefined;
  const internal = isInternal(call);
  if (number === null) return null;
  return (
    <div class="k-num">
      <NumberWords call={call} />
      <CopyButton text={call.e164 ?? number} />
      <span class="sp" />
      {!internal && client && (
        <button
          type="button"
          class="k-link"
          aria-label={say("call.open-client-of", { name: client.name })}
          onClick={() => open?.(client)}
          disabled={open === null}
        >
          {say("call.open-client")}
          <Icon name="open" size={16} />
        </button>
      )}
      {!internal && count === 0 && create && (
        <button type="button" class="k-link" onClick={create}>
          {say("call.create-contact")}
          <Icon name="plus" size={16} />
        </button>
      )}
    </div>
  );
}

/** The number, unless the name above is the number already; then, what the CRM knows of it. */
function NumberWords({ call }: Pick<NumberLineProps, "call">): VNode | null {
  const { say } = useScreen();
  const { number, clients } = call;
  const count = clients.length;
  const name = nameOf(call);
  if (name !== null && name !== number && !isNamedByNumber(name, call)) return <span class="n">{number}</span>;
  if (count === 1 || isInternal(call)) return null;
  return <span class="n k-soft cut">{count > 1 ? say("call.matches", { count }) : say("call.unknown")}</span>;
}

function isInternal(call: CardView | DistantCallView): boolean {
  return "direction" in call && call.direction === "internal";
}

function CopyButton({ text }: { readonly text: string }): VNode {
  const { panel, say } = useScreen();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => panel.happen({ type: "notice", notice: { what: "copy", failure: null, at: Date.now() } }),
    );
  const label = say(copied ? "call.copied" : "call.copy");
  return <IconButton look="k-copy" icon={copied ? "check" : "copy"} label={label} press={copy} />;
}

/** The strongest thing to know of the call. */
export function ContextLine(props: { readonly icon: IconName; readonly text: string; readonly hue?: Hue }): VNode {
  return (
    <div class="k-ctx" data-hue={props.hue}>
      <Icon name={props.icon} size={16} />
      <span class="cut" title={props.text}>
        {props.text}
      </span>
    </div>
  );
}

const CLIENTS_SHOWN = 3;

interface ClientsProps {
  readonly clients: readonly ClientView[];
  readonly choose: (client: ClientView) => void;
}

/** Several clients behind one number, best first; which of them calls is for the person to know. */
export function Clients({ clients, choose }: ClientsProps): VNode | null {
  const { say } = useScreen();
  if (clients.length < 2) return null;
  const more = clients.length - CLIENTS_SHOWN;
  return (
    <div class="k-pick">
      {clients.slice(0, CLIENTS_SHOWN).map((client) => (
        <button
          type="button"
          key={client.path}
          class="o inset"
          aria-label={say("call.open-client-of", { name: client.name })}
          onClick={() => choose(client)}
        >
          <Icon name="person" size={16} />
          <span class="cut k-lines">
            <b class="cut">{client.name}</b>
            <small class="cut">{[client.company, client.deal].filter(Boolean).join(" · ")}</small>
          </span>
          <Icon name="open" size={16} />
        </button>
      ))}
      {more > 0 && <small class="k-more-matches">{say("call.more-matches", { count: more })}</small>}
    </div>
  );
}

interface MissedActionsProps {
  /** By which the call is put away. */
  readonly callKey: string;
  readonly number: string;
  /** Of the colleague behind the number. */
  readonly name: string | null;
}

/** Nobody talked to whoever called. */
export function MissedActions({ callKey, number, name }: MissedActionsProps): VNode {
  const { panel, say } = useScreen();
  const putAway = () => panel.happen({ type: "put-away", key: callKey });
  const callBack = () => {
    putAway();
    panel.dial(number, name);
  };
  return (
    <ActionRow moment="missed">
      <Action look="go" grow icon="call" label={say("call.call-back")} press={callBack} />
      <Action local label={say("dial.close")} press={putAway} />
    </ActionRow>
  );
}
