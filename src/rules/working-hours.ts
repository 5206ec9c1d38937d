/** When the company works, in its own time zone. Pure. */

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** "09:00" to "18:00" on these days; `to` may be "24:00". */
export interface Shift {
  readonly days: readonly Weekday[];
  readonly from: string;
  readonly to: string;
}

export interface WorkingHours {
  /** Empty: round the clock. */
  readonly week: readonly Shift[];
  /** Days without work, "2026-01-01". */
  readonly holidays: readonly string[];
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** A deadline that is further away than any real one: a week without a single shift, say. */
const LONGEST_DAYS = 400;

/** @param at epoch ms */
export function isWorking(hours: WorkingHours, timeZone: string, at: number): boolean {
  const { date, weekday, minute } = localTime(timeZone, at);
  return shiftsOf(hours, date, weekday).some(({ from, to }) => minute >= from && minute < to);
}

/**
 * So many minutes of work later: what begins in the evening ends the next morning.
 * @returns epoch ms; when nobody ever works, as if everybody always did
 */
export function addWorkingMinutes(hours: WorkingHours, timeZone: string, at: number, minutes: number): number {
  let now = at - (at % MINUTE_MS);
  let left = minutes * MINUTE_MS;
  for (let day = 0; day < LONGEST_DAYS; day++) {
    const { date, weekday, minute } = localTime(timeZone, now);
    const midnight = sameDayAt(timeZone, now, minute, DAY_MINUTES);
    // Asking the wall clock takes longer than all the rest; on a day without a change it need not be asked.
    const isPlain = midnight - now === (DAY_MINUTES - minute) * MINUTE_MS;
    const momentOf = (wanted: number) =>
      isPlain ? now + (wanted - minute) * MINUTE_MS : sameDayAt(timeZone, now, minute, wanted);
    let reached = now;
    for (const { from, to } of shiftsOf(hours, date, weekday)) {
      const begin = Math.max(momentOf(from), reached); // shifts may overlap
      const end = momentOf(to);
      if (begin >= end) continue;
      if (left <= end - begin) return begin + left + (day === 0 ? at % MINUTE_MS : 0);
      left -= end - begin;
      reached = end;
    }
    now = midnight;
  }
  return at + minutes * MINUTE_MS;
}

/** The wall clock there. `minute` counts from midnight. */
export function localTime(timeZone: string, at: number): { date: string; weekday: Weekday; minute: number } {
  const parts = Object.fromEntries(
    formatterOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const { year, month, day, hour, minute, weekday = "" } = parts;
  return {
    date: `${year}-${month}-${day}`,
    weekday: weekday.toLowerCase() as Weekday, // English names of three letters
    minute: Number(hour) * 60 + Number(minute),
  };
}

/** Shifts of a day in their order, in minutes from midnight. */
function shiftsOf({ week, holidays }: WorkingHours, date: string, weekday: Weekday): { from: number; to: number }[] {
  if (holidays.includes(date)) return [];
  if (week.length === 0) return [{ from: 0, to: DAY_MINUTES }];
  return week
    .filter(({ days }) => days.includes(weekday))
    .map(({ from, to }) => ({ from: toMinutes(from), to: toMinutes(to) }))
    .toSorted((one, other) => one.from - other.from);
}

function toMinutes(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/**
 * When the wall clock shows `wanted` on the day on which it shows `minute` at `now`; the next midnight for the last minute.
 * A day may have 23 or 25 hours: the first guess is corrected by what the clock says there, if it ever shows that minute.
 */
function sameDayAt(timeZone: string, now: number, minute: number, wanted: number): number {
  const guess = now + (wanted - minute) * MINUTE_MS;
  const shown = wanted % DAY_MINUTES;
  const ahead = localTime(timeZone, guess).minute - shown;
  if (ahead === 0) return guess;
  const around = ahead > DAY_MINUTES / 2 ? ahead - DAY_MINUTES : ahead < -DAY_MINUTES / 2 ? ahead + DAY_MINUTES : ahead;
  const corrected = guess - around * MINUTE_MS;
  return localTime(timeZone, corrected).minute === shown ? corrected : guess;
}

const formatters = new Map<string, Intl.DateTimeFormat>();

/** Making one takes longer than a rule. */
function formatterOf(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known) return known;
  const formatter = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    weekday: "short",
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
