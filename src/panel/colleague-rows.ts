/** What colleagues see of each other: a state and since when, never a number or a client. Pure. */
import type { Card, CardState } from "../calls/call.ts";
import type { Presence, QueueSeat } from "../calls/presence.ts";
import type { Account, Employee } from "../directory/directory.ts";
import type { Device } from "./ports.ts";
import type { Colleague, Lamp, QueueView, RingView } from "./protocol.ts";

/** A person who dials or is being put through is busy; the others are shown as they are. */
const PRESENCE_BY_CARD: Readonly<Record<CardState, Presence>> = {
  talking: "talking",
  "consult-talking": "talking",
  hold: "hold",
  ringing: "ringing",
  calling: "busy",
  "consult-calling": "busy",
};

/** Of several calls and devices of one person, what he is most taken up by. */
const MOST_TELLING: readonly Presence[] = ["talking", "hold", "busy", "ringing", "dnd", "free", "unknown", "offline"];

/** What goes on at the phones of an account. */
export interface PhonesNow {
  readonly cards: readonly Card[];
  readonly deviceOf: (extension: string) => Device;
  readonly seatsOf: (extension: string) => readonly QueueSeat[];
  readonly ringOf: (card: Card) => RingView | null;
}

/** Rows of all employees who have a phone, by their first extension, in the directory's order. */
export function toColleagueRows(
  account: Account,
  { cards, deviceOf, seatsOf, ringOf }: PhonesNow,
): Map<string, Colleague> {
  const cardsByExtension = Map.groupBy(cards, (card) => card.extension);
  const seats = new Map(account.employees.map((one) => [one, one.extensions.flatMap(seatsOf)]));
  const seated = new Set([...seats].flatMap(([{ department }, own]) => (own.length > 0 ? [department] : [])));
  const rows = new Map<string, Colleague>();
  for (const employee of account.employees) {
    const [extension] = employee.extensions;
    if (extension === undefined) continue;
    const own = employee.extensions.flatMap((each) => cardsByExtension.get(each) ?? []);
    const { name, department } = employee;
    const ringing = own.find(({ state, isFetching }) => state === "ringing" && !isFetching);
    const rings = ringing ? ringOf(ringing) : null;
    const queue = seated.has(department) ? toQueueView(seats.get(employee) ?? []) : null;
    const presence = presenceOf(own, employee.extensions.map(deviceOf));
    rows.set(extension, { extension, name, department, ...presence, rings, queue });
  }
  return rows;
}

/** Two phones of one person may have seats in one queue: it rings him as long as one of them takes calls. */
function toQueueView(seats: readonly QueueSeat[]): QueueView {
  const takes = new Set(seats.filter(({ isPaused }) => !isPaused).map(({ queue }) => queue));
  const paused = seats.filter(({ queue }) => !takes.has(queue));
  const reason = paused.find((seat) => seat.reason !== null)?.reason ?? null;
  return { takes: [...takes], paused: [...new Set(paused.map(({ queue }) => queue))], reason };
}

/** Our own calls first: the PBX says less of a phone than we know ourselves. */
function presenceOf(cards: readonly Card[], devices: readonly Device[]): { presence: Presence; since: number | null } {
  const states =
    cards.length > 0
      ? cards.map((card) => ({ presence: PRESENCE_BY_CARD[card.state], since: card.since }))
      : devices.map(({ state, since }) => ({ presence: state, since }));
  const rank = ({ presence }: { presence: Presence }) => MOST_TELLING.indexOf(presence);
  return states.toSorted((one, other) => rank(one) - rank(other))[0] ?? { presence: "unknown", since: null };
}

/** The employee's own phone: down when none of his devices is registered. What is not known is the PBX's lamp to tell. */
export function phoneLamp(employee: Employee, deviceOf: (extension: string) => Device): Lamp {
  const devices = employee.extensions.map(deviceOf);
  const isOffline = devices.length > 0 && devices.every(({ state }) => state === "offline");
  const since = Math.max(0, ...devices.map((device) => device.since ?? 0));
  return { state: isOffline ? "down" : "ok", since, reason: isOffline ? "offline" : null };
}

/** The rows of `after` that differ from `before`. */
export function changedRows(
  before: ReadonlyMap<string, Colleague>,
  after: ReadonlyMap<string, Colleague>,
): readonly Colleague[] {
  return [...after.values()].filter((row) => {
    const old = before.get(row.extension);
    const ringsElse = old?.rings?.callId !== row.rings?.callId || old?.rings?.caller !== row.rings?.caller;
    const sitsElse = JSON.stringify(old?.queue) !== JSON.stringify(row.queue);
    return old?.presence !== row.presence || old.since !== row.since || ringsElse || sitsElse;
  });
}
