/** What every part of the screen may use: the state, the words, and the panel that acts. */
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Say } from "../i18n/words.ts";
import type { Panel } from "./panel.ts";
import type { PanelState } from "./panel-state.ts";

export interface Screen {
  readonly panel: Panel;
  readonly state: PanelState;
  readonly say: Say;
}

export const ScreenContext = createContext<Screen | null>(null);

export function useScreen(): Screen {
  const screen = useContext(ScreenContext);
  if (!screen) throw new Error("a part of the screen was drawn outside of it");
  return screen;
}

/** Now by the service's clock, epoch ms, told twice a second: the employee's computer may be minutes off. */
export function useServiceNow(): number {
  const { link } = useScreen().state;
  const aheadMs = link.state === "live" || link.state === "stale" ? link.clockAheadMs : 0;
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  return now + aheadMs;
}

/** The account's zone, in which hours are told; "UTC" before the service has told it, when there is no hour to tell. */
export function useTimeZone(): string {
  const { link } = useScreen().state;
  return "me" in link ? link.me.timeZone : "UTC";
}

/** Commands reach the service only over a live link. */
export function useIsLive(): boolean {
  return useScreen().state.link.state === "live";
}
