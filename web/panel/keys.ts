/** The panel's keys. Single letters count only outside of text fields; nothing but a held key hangs up. */
import type { Stop } from "../live/panel-link.ts";
import type { Panel } from "./panel.ts";
import type { PanelState } from "./panel-state.ts";
import { placeCalls } from "./shown-calls.ts";

const HELD_MS = 600;

export function listenToKeys(panel: Panel, state: () => PanelState): Stop {
  let held: ReturnType<typeof setTimeout> | null = null;
  const release = () => {
    if (held !== null) clearTimeout(held);
    held = null;
    for (const button of document.querySelectorAll(".is-held")) button.classList.remove("is-held");
  };

  const hold = () => {
    const call = placeCalls(state().calls).main;
    if (held !== null || !call || call.endedAt !== null || state().link.state !== "live") return;
    document.querySelector("[data-hang-up]")?.classList.add("is-held");
    held = setTimeout(() => {
      release();
      panel.hangUp(call.card);
    }, HELD_MS);
  };

  const down = (event: KeyboardEvent) => {
    if (event.altKey && event.code === "KeyK") panel.focusField();
    else if (event.altKey && event.code === "KeyJ") panel.focusCall();
    else if (event.key === "Escape") stepBack(panel, state());
    else if (event.ctrlKey || event.altKey || event.metaKey || isText(event.target)) return;
    else if (event.key === "Backspace") hold();
    else if (event.code === "KeyO" && !event.repeat) openClient(panel, state());
    else return;
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

/** Step by step back: the text, the list over a call, the panel, the pill; then the cursor is the CRM's again. */
function stepBack(panel: Panel, { query, shape, calls }: PanelState): void {
  if (shape.size === "open" && query !== "") panel.happen({ type: "typed", query: "" });
  else if (shape.size === "open" && shape.list && calls.length > 0) panel.reshape("toggle-list");
  else {
    panel.reshape(shape.size === "open" ? "collapse" : "hide");
    panel.giveFocusBack();
  }
}

function openClient(panel: Panel, { calls, link }: PanelState): void {
  const call = placeCalls(calls).main;
  if (call && call.endedAt === null && call.card.direction !== "internal" && link.state === "live")
    panel.openClient(call.card);
}

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
