import type { VNode } from "preact";
import { useServiceNow } from "./context.ts";
import { formatDuration } from "./duration.ts";

/** Running time since a moment (epoch ms by the service's clock). */
export function Elapsed({ since, kind }: { readonly since: number; readonly kind: "timer" | "waiting" }): VNode {
  return <>{formatDuration(useServiceNow() - since, kind)}</>;
}
