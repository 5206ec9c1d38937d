/** Which of the own devices rings for a dial; shown to whoever has more than one. Lasts as long as the page. */
import type { VNode } from "preact";
import type { Me } from "../../src/panel/protocol.ts";
import { useScreen } from "./context.ts";
import { groupNumber } from "./field.ts";

export function DeviceChoice({ me }: { readonly me: Me }): VNode {
  const { panel, state, say } = useScreen();
  const choose = (device: string) => panel.happen({ type: "device", device: device === me.extension ? null : device });
  return (
    <select
      class="k-device"
      aria-label={say("device.choose")}
      title={say("device.choose")}
      value={state.device ?? me.extension ?? ""}
      onChange={({ currentTarget }) => choose(currentTarget.value)}
    >
      {me.extensions.map((extension) => (
        <option key={extension} value={extension}>
          {extension}
        </option>
      ))}
      {me.mobile !== null && (
        <option value={me.mobile}>{say("device.mobile", { number: groupNumber(me.mobile) })}</option>
      )}
    </select>
  );
}

export function hasChoice({ extensions, mobile }: Me): boolean {
  return extensions.length + (mobile === null ? 0 : 1) > 1;
}
