/** What happens to the panel, step by step, and its state after that. */
import type { CardView } from "../../src/panel/protocol.ts";
import type { LiveView } from "../live/live-view.ts";
import type { LinkState } from "../live/panel-link.ts";
import { firstState, type PanelState, type PanelStep, step } from "../panel/panel-state.ts";
import { QUIET } from "./views.ts";

export const live = (part: Partial<LiveView> = {}): LinkState => ({
  state: "live",
  me: {
    userId: 1,
    name: "Роман",
    extension: "204",
    extensions: ["204"],
    mobile: null,
    department: null,
    language: "ru",
    timeZone: "Europe/Moscow",
  },
  view: { ...QUIET, seq: 1, ...part, colleagues: new Map() },
  clockAheadMs: 0,
});
export const link = (now: number, ...cards: CardView[]): PanelStep => told(now, { cards });
export const told = (now: number, part: Partial<LiveView>): PanelStep => ({ type: "link", link: live(part), now });
export const run = (...steps: PanelStep[]): PanelState => steps.reduce(step, firstState());
