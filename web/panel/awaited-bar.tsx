/** Whom the person waits for, and "Пётр is free now" with a key to call him. Said by the panel's one live region. */
import type { VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import type { Awaited } from "./awaited.ts";
import { firstName } from "./card-face.ts";
import { useIsLive, useScreen } from "./context.ts";
import { IconButton } from "./icon-button.tsx";

export function AwaitedBar(): VNode {
  const { state } = useScreen();
  return (
    <>
      {state.awaited.map((one) => (
        <Line key={one.extension} awaited={one} />
      ))}
    </>
  );
}

function Line({ awaited: { extension, name, isFree } }: { readonly awaited: Awaited }): VNode {
  const { panel, say } = useScreen();
  const live = useIsLive();
  const away = isFree ? say("failed.dismiss") : say("awaited.stop", { who: name });
  return (
    <div class="k-bar" data-hue={isFree ? "green" : "grey"}>
      <Icon name={isFree ? "check" : "clock"} />
      <p>
        <b>{say(isFree ? "awaited.free" : "awaited.waiting", { who: firstName(name) })}</b> <span>{extension}</span>
      </p>
      {isFree && (
        <button
          type="button"
          class="k-btn k-btn--go k-btn--32"
          aria-label={say("list.call", { name, extension })}
          onClick={() => panel.dial(extension, name)}
          disabled={!live}
        >
          {say("awaited.call")}
        </button>
      )}
      <IconButton icon="x" label={away} press={() => panel.happen({ type: "awaited", extension, name })} />
    </div>
  );
}
