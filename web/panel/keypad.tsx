import type { VNode } from "preact";
import type { CardView } from "../../src/panel/protocol.ts";
import { useIsLive, useScreen } from "./context.ts";

const DIGITS = [..."123456789*0#"];

/** Tones into the talk, for a voice menu on the other side. */
export function Keypad({ card }: { readonly card: CardView }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a frame of its own
    <div class="k-keypad" role="group" aria-label={say("keypad.open")}>
      {DIGITS.map((digit) => (
        <button
          type="button"
          key={digit}
          class="k-btn k-digit"
          onClick={() => panel.pressDigit(card, digit)}
          disabled={!live}
        >
          {digit}
        </button>
      ))}
    </div>
  );
}
