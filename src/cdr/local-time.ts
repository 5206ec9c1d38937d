/**
 * Local times as PBXs write them ("2026-01-15 10:30:45.123", no zone) to epoch milliseconds and back. The zone is an
 * argument; nothing here depends on the zone of this machine.
 */
const LOCAL_TIME = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/;
const HOUR_MS = 3_600_000;

export class LocalTime {
  readonly #format: Intl.DateTimeFormat;

  /** @param zone a name from the IANA list */
  constructor(zone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /**
   * @param notBefore a moment that it cannot lie before: it decides the hour that the clock shows twice in autumn
   * @returns null when the text is no time. A time that carries its own offset keeps it.
   */
  toEpoch(text: string, notBefore?: number): number | null {
    const parts = LOCAL_TIME.exec(text.trim());
    if (parts === null) return null;
    const [, year, month, day, hour, minute, second, fraction = "", offset] = parts;
    const asUtc =
      Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
      Number(fraction.padEnd(3, "0").slice(0, 3));
    if (offset !== undefined) return asUtc - offsetInMs(offset);
    const offsets = [...new Set([this.#offsetAt(asUtc - 24 * HOUR_MS), this.#offsetAt(asUtc + 24 * HOUR_MS)])];
    const moments = offsets.map((each) => asUtc - each).filter((at) => at + this.#offsetAt(at) === asUtc);
    moments.sort((one, two) => one - two);
    // A second is lost when times are cut to whole ones.
    const fitting = notBefore === undefined ? undefined : moments.find((at) => at >= notBefore - 1_000);
    // In spring an hour is left out; a clock that shows it nevertheless has not been put forward yet.
    return fitting ?? moments.at(-1) ?? asUtc - (offsets[0] ?? 0);
  }

  /** "2026-01-15 10:30:45" */
  toLocal(epoch: number): string {
    return new Date(epoch + this.#offsetAt(epoch)).toISOString().slice(0, 19).replace("T", " ");
  }

  #offsetAt(epoch: number): number {
    const whole = Math.floor(epoch / 1000) * 1000;
    const of = Object.fromEntries(this.#format.formatToParts(whole).map(({ type, value }) => [type, Number(value)]));
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = of;
    return Date.UTC(year, month - 1, day, hour, minute, second) - whole;
  }
}

/** "+03", "+0300", "+03:00", "Z" */
function offsetInMs(offset: string): number {
  if (offset === "Z") return 0;
  const digits = offset.replace(/\D/g, "").padEnd(4, "0");
  const minutes = Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return (offset.startsWith("-") ? -minutes : minutes) * 60_000;
}

/** Asterisk's uniqueids carry the second in which their channel was made: "mikopbx-1795439289.193" → its epoch ms. */
export function birthOf(uniqueid: string): number | undefined {
  const seconds = /(?:^|-)(\d{9,11})\.\d+$/.exec(uniqueid)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
