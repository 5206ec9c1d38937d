/** The left edge of the panel, by which it is made wider and narrower: by the pointer, or by the arrows. */
import type { VNode } from "preact";
import { useScreen } from "./context.ts";
import { NARROWEST_PX, WIDEST_PX } from "./shape.ts";

const STEP_PX = 10;

export function Grip(): VNode {
  const { panel, state, say } = useScreen();
  const { width } = state;
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
      onPointerDown={(event) => panel.takeGrip(event.screenX)}
      onPointerMove={(event) => panel.pullGrip(event.screenX)}
      onPointerUp={() => panel.leaveGrip()}
      onKeyDown={(event) => {
        const step = event.key === "ArrowLeft" ? STEP_PX : event.key === "ArrowRight" ? -STEP_PX : 0;
        if (step === 0) return;
        panel.happen({ type: "width", width: width + step });
        event.preventDefault();
      }}
    />
  );
}
