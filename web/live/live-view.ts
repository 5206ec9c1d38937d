/**
 * What the panel knows of the company right now: a snapshot and the numbered changes after it. Pure; knows no socket.
 */
import type { Colleague, LiveState, PanelMessage } from "../../src/panel/protocol.ts";

export interface LiveView extends Omit<LiveState, "colleagues"> {
  /** Number of the last message taken in. */
  readonly seq: number;
  /** By extension, in the order the service told them. */
  readonly colleagues: ReadonlyMap<string, Colleague>;
}

type Snapshot = Extract<PanelMessage, { type: "snapshot" }>;
type Change = Extract<PanelMessage, { type: "change" }>;

/**
 * The view after a message, or "gap" when a change was missed: the caller then asks for a snapshot.
 * A change that the view already holds changes nothing.
 */
export function applyToView(view: LiveView | null, message: Snapshot | Change): LiveView | "gap" {
  if (message.type === "snapshot") {
    const { type: _, ...state } = message;
    return { ...state, colleagues: byExtension(new Map(), message.colleagues) };
  }
  if (view === null || message.seq > view.seq + 1) return "gap";
  if (message.seq <= view.seq) return view;
  const { type: _, colleagues, ...changed } = message;
  return {
    ...view,
    ...changed,
    colleagues: colleagues ? byExtension(view.colleagues, colleagues) : view.colleagues,
  };
}

function byExtension(
  before: ReadonlyMap<string, Colleague>,
  rows: readonly Colleague[],
): ReadonlyMap<string, Colleague> {
  const after = new Map(before);
  for (const row of rows) after.set(row.extension, row);
  return after;
}
