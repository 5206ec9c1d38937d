/** The row of keys under a live call: what the PBX can do at this moment, and hang-up, always in one place. */
import type { VNode } from "preact";
import type { CardView } from "../../src/panel/protocol.ts";
import { Icon } from "../ui/icons.tsx";
import { mayHaveNote, noteOf } from "./call-notes.ts";
import { type CardFace, isConsulting, isSwapped, targetOf } from "./card-face.ts";
import { Action, ActionRow, Square } from "./card-parts.tsx";
import { useIsLive, useScreen } from "./context.ts";
import type { Asked } from "./panel-state.ts";
import { callKey } from "./shown-calls.ts";

interface CallActionsProps {
  readonly card: CardView;
  readonly face: CardFace;
}

export function CallActions({ card, face }: CallActionsProps): VNode {
  return (
    <ActionRow moment={`${card.state} ${card.pickedUp} ${card.transfer?.state}`}>
      {isConsulting(card) ? <ConsultationKeys card={card} /> : <TalkKeys card={card} face={face} />}
      <HangUp card={card} label={face.hangUp} />
    </ActionRow>
  );
}

/** Transfer stands next to hang-up while it rings and while one talks, so that nothing moves when the call is answered. */
function TalkKeys({ card, face }: CallActionsProps): VNode {
  const { panel, state, say } = useScreen();
  const { can } = card;
  const held = can.includes("resume");
  return (
    <>
      <Hint card={card} face={face} />
      {(held || can.includes("hold")) && (
        <Square
          icon={held ? "play" : "hold"}
          label={say(held ? "call.resume" : "call.put-on-hold")}
          keyName="H"
          pressed={held}
          press={() => panel.command(held ? "resume" : "hold", card)}
        />
      )}
      {can.includes("park") && (
        <Square icon="park" label={say("call.park")} press={() => panel.command("park", card)} />
      )}
      {can.includes("send-digits") && (
        <Square
          icon="keypad"
          label={say("keypad.open")}
          keyName="D"
          pressed={state.keypad?.call === callKey(card)}
          press={() => panel.toggleKeypad(card)}
        />
      )}
      {(can.includes("attended-transfer") || can.includes("blind-transfer")) && (
        <Square
          icon="transfer"
          label={say("transfer.begin")}
          keyName="T"
          pressed={state.picking !== null}
          press={() => panel.togglePicking()}
        />
      )}
      {mayHaveNote(card) && (
        <Square
          icon="note"
          label={say("words.open")}
          keyName="N"
          pressed={noteOf(state.notes, card.callId)?.isOpen ?? false}
          local
          press={() => panel.notes.toggle(card.callId)}
        />
      )}
    </>
  );
}

/** What is asked of the PBX and takes a moment to be seen. */
const SHOWN_WHEN_ASKED: ReadonlySet<Asked["kind"]> = new Set([
  "blind-transfer",
  "attended-transfer",
  "park",
  "hold",
  "resume",
]);

/** What the PBX was just asked for, else what the phone must be told by hand. */
function Hint({ card, face }: CallActionsProps): VNode {
  const { state, say } = useScreen();
  const asked = state.asked.some(({ callId, kind }) => callId === card.callId && SHOWN_WHEN_ASKED.has(kind));
  const ownExtension = "me" in state.link ? (state.link.me.extension ?? "") : "";
  const rings = card.state === "ringing";
  return (
    <span class="hint">
      {asked ? (
        say("call.asked")
      ) : rings ? (
        <b title={say("call.pick-up-why")}>{say("call.pick-up", { extension: ownExtension })}</b>
      ) : (
        face.hint
      )}
    </span>
  );
}

function ConsultationKeys({ card }: { readonly card: CardView }): VNode {
  const { panel, say } = useScreen();
  const { can } = card;
  const swapped = isSwapped(card);
  const completes = can.includes("complete-transfer") && card.state === "consult-talking";
  const who = targetOf(card.transfer, say);
  return (
    <>
      {completes && (
        <Action
          look="go"
          grow
          label={say("transfer.connect")}
          keyName="ENTER"
          press={() => panel.command("complete-transfer", card)}
        />
      )}
      {can.includes("cancel-transfer") && !swapped && (
        <Action
          grow={!completes}
          label={say("transfer.to-client")}
          keyName="R"
          icon="back"
          press={() => panel.command("cancel-transfer", card)}
        />
      )}
      {can.includes("swap") && (
        <Square
          icon="swap"
          label={say(swapped ? "transfer.swap-back" : "transfer.swap", { who })}
          keyName="S"
          press={() => panel.command("swap", card)}
        />
      )}
    </>
  );
}

function HangUp({ card, label }: { readonly card: CardView; readonly label: string }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  return (
    <button
      type="button"
      class="k-btn k-btn--hang"
      data-hang-up
      aria-label={label}
      title={say("call.hold-backspace", { action: label })}
      onClick={() => panel.hangUp(card)}
      disabled={!live}
    >
      <Icon name="hang" />
    </button>
  );
}
