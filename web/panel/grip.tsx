/** The left edge of the panel, by which it is made wider and narrower: by the pointer, or by the arrows. */
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useScreen } from "./context.ts";
import { NARROWEST_PX, WIDEST_PX } from "./shape.ts";

const STEP_PX = 10;

export function Grip(): VNode {
  const { panel, state, say } = useScreen();
  const { width } = state;
  const dragged = useRef<{ readonly fromX: number; readonly width: number } | null>(null);
  const become = (px: number) => panel.happen({ type: "width", width: px });
  const letGo = () => {
    dragged.current = null;
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a rule is no control
    <div
      class="k-grip"
      role="separator"
      aria-orientation="vertical"
      aria-label={say("panel.width")}
      aria-valuenow={width}
      aria-valuemin={NARROWEST_PX}
      aria-valuemax={WIDEST_PX}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        // The frame grows with the panel, so only the screen stands still.
        dragged.current = { fromX: event.screenX, width };
      }}
      onPointerMove={(event) => {
        if (dragged.current) become(dragged.current.width + dragged.current.fromX - event.screenX);
      }}
      onPointerUp={letGo}
      onPointerCancel={letGo}
      onKeyDown={(event) => {
        const step = event.key === "ArrowLeft" ? STEP_PX : event.key === "ArrowRight" ? -STEP_PX : 0;
        if (step === 0) return;
        become(width + step);
        event.preventDefault();
      }}
    />
  );
}
