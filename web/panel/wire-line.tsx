/** The wire: who hears whom. Dots ring, a solid line hears, a wave is music, a gap is broken. */
import type { VNode } from "preact";
import { Icon } from "../ui/icons.tsx";
import type { Wire, WireEnd } from "./card-face.ts";
import { useScreen } from "./context.ts";

export function WireLine({ wire: { ends, stretches } }: { readonly wire: Wire }): VNode {
  const summary = ends.map(({ who, does }) => `${who}: ${does}`).join("; ");
  return (
    <div class="k-wire" role="img" aria-label={summary}>
      <div class="w">
        {ends.map((end, index) => {
          const stretch = stretches[index - 1];
          return (
            <>
              {stretch && <span class={`ln k-wire--${stretch}`} />}
              <Node end={end} />
            </>
          );
        })}
      </div>
      <div class={ends.length === 2 ? "lb two" : "lb"}>
        {ends.map(({ who, does }) => (
          <div key={who}>
            <b class="cut">{who}</b>
            <span class="cut">{does}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

function Node({ end: { kind, who, isOut } }: { readonly end: WireEnd }): VNode {
  const { say } = useScreen();
  const look = kind === "me" && !isOut ? " me" : isOut ? " out" : "";
  return (
    <span class={`nd${look}`}>
      {kind === "client" ? <Icon name="person" /> : kind === "me" ? say("wire.me") : who.charAt(0)}
    </span>
  );
}
