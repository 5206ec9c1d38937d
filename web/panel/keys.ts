/** The panel's keys. Single letters count only outside of text fields; nothing but a held key hangs up. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { Stop } from "../live/panel-link.ts";
import { mayHaveNote, noteOf } from "./call-notes.ts";
import { isConsulting } from "./card-face.ts";
import { handOverTarget } from "./handing-over.ts";
import type { Panel } from "./panel.ts";
import type { PanelState } from "./panel-state.ts";
import { callKey, placeCalls } from "./shown-calls.ts";

const HELD_MS = 600;

export function listenToKeys(panel: Panel, state: () => PanelState): Stop {
  let held: ReturnType<typeof setTimeout> | null = null;
  const release = () => {
    if (held !== null) clearTimeout(held);
    held = null;
    for (const button of document.querySelectorAll(".is-held")) button.classList.remove("is-held");
  };

  const hold = () => {
    const card = mainCard(state());
    if (held !== null || card === null || state().link.state !== "live") return;
    document.querySelector("[data-hang-up]")?.classList.add("is-held");
    held = setTimeout(() => {
      release();
      panel.hangUp(card);
    }, HELD_MS);
  };

  const down = (event: KeyboardEvent) => {
    if (event.altKey && event.code === "KeyK") panel.focusField();
    else if (event.altKey && event.code === "KeyJ") panel.focusCall();
    else if (event.key === "Escape") stepBack(panel, state());
    else if (event.ctrlKey || event.altKey || event.metaKey || isTextField(event.target)) return;
    else if (event.key === "Backspace") hold();
    else if (event.repeat || !press(event, panel, state())) return;
    event.preventDefault();
  };

  document.addEventListener("keydown", down);
  document.addEventListener("keyup", release);
  window.addEventListener("blur", release);
  return () => {
    release();
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", release);
    window.removeEventListener("blur", release);
  };
}

/** The consultation that ENTER connects, where it means nothing else. */
export function consultationToComplete(state: PanelState): CardView | null {
  const card = mainCard(state);
  const completes = card?.state === "consult-talking" && isConsulting(card) && card.can.includes("complete-transfer");
  return completes && state.link.state === "live" ? card : null;
}

/** @returns false when the key means nothing now */
function press(event: KeyboardEvent, panel: Panel, state: PanelState): boolean {
  if (state.link.state !== "live") return false;
  const card = mainCard(state);
  if (card && state.keypad?.call === callKey(card) && /^[\d*#]$/.test(event.key)) {
    panel.pressDigit(card, event.key);
    return true;
  }
  if (event.key === "Enter") {
    // On a button it presses the button.
    const consultation = event.target instanceof HTMLButtonElement ? null : consultationToComplete(state);
    if (consultation) panel.command("complete-transfer", consultation);
    return consultation !== null;
  }
  const act = (LETTERS[event.code] ?? (() => null))(panel, state, card);
  act?.();
  return act !== null;
}

type Letter = (panel: Panel, state: PanelState, card: CardView | null) => (() => void) | null;

const LETTERS: Readonly<Record<string, Letter>> = {
  KeyA: (panel, state) => {
    const offer = state.distant.shown.find((one) => one.kind === "offer" && one.overAt === null);
    return offer ? () => panel.fetch("take", offer.view.callId) : null;
  },
  KeyH: (panel, _, card) => {
    if (card?.can.includes("resume")) return () => panel.command("resume", card);
    return card?.can.includes("hold") ? () => panel.command("hold", card) : null;
  },
  KeyD: (panel, _, card) => (card?.can.includes("send-digits") ? () => panel.toggleKeypad(card) : null),
  KeyT: (panel, state) => (handOverTarget(state) ? () => panel.togglePicking() : null),
  KeyR: (panel, state, card) => {
    if (card?.can.includes("cancel-transfer")) return () => panel.command("cancel-transfer", card);
    const handed = state.distant.shown.find((one) => one.kind === "handed-over" && one.view.canTakeBack);
    return handed ? () => panel.fetch("take-back", handed.view.callId) : null;
  },
  KeyS: (panel, _, card) => (card?.can.includes("swap") ? () => panel.command("swap", card) : null),
  KeyO: (panel, _, card) => (card && card.direction !== "internal" ? () => panel.openClient(card) : null),
  KeyN: (panel, { notes }, card) => {
    if (card?.can.includes("hand-over-note")) return () => panel.focusNote();
    if (card === null || !mayHaveNote(card)) return null;
    return () => (noteOf(notes, card.callId)?.isOpen ? panel.focusNote() : panel.notes.toggle(card.callId));
  },
};

/** The live call that has the card. */
function mainCard({ calls }: PanelState): CardView | null {
  const { main } = placeCalls(calls);
  return main?.endedAt === null ? main.card : null;
}

/** Step by step back: the text, the search, the keypad, the list over a call, the panel, the pill; then the cursor is the CRM's. */
function stepBack(panel: Panel, { query, shape, calls, picking, keypad }: PanelState): void {
  if (shape.size === "open" && query !== "") panel.happen({ type: "typed", query: "" });
  else if (shape.size === "open" && picking) panel.happen({ type: "picking", on: false });
  else if (shape.size === "open" && keypad) panel.happen({ type: "keypad", call: null });
  else if (shape.size === "open" && shape.list && calls.length > 0) panel.reshape("toggle-list");
  else {
    panel.reshape(shape.size === "open" ? "collapse" : "hide");
    panel.giveFocusBack();
  }
}

export function isTextField(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
