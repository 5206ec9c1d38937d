/** "Пётр is free now": whom the person waited for, with a key to call him. */
import type { VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import { firstName } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";

export function AwaitedBar(): VNode | null {
  const { panel, state, say } = useScreen();
  const live = useIsLive();
  const free = state.awaited.filter(({ isFree }) => isFree);
  if (free.length === 0) return null;
  return (
    <>
      {free.map(({ extension, name }) => (
        <div key={extension} class="k-bar" data-hue="green" role="status">
          <Icon name="check" />
          <p>
            <b>{say("awaited.free", { who: firstName(name) })}</b> <span>{extension}</span>
          </p>
          <button
            type="button"
            class="k-btn k-btn--go k-btn--32"
            aria-label={say("list.call", { name, extension })}
            onClick={() => panel.dial(extension, name)}
            disabled={!live}
          >
            {say("awaited.call")}
          </button>
          <button
            type="button"
            class="k-ib"
            aria-label={say("failed.dismiss")}
            title={say("failed.dismiss")}
            onClick={() => panel.happen({ type: "awaited", extension, name })}
          >
            <Icon name="x" size={16} />
          </button>
        </div>
      ))}
    </>
  );
}
