/**
 * The rows of one call told as a person would tell the call. Pure. What rows cannot tell (who hung up, transfers by
 * their kind) is left out, never guessed.
 */

import type { Direction, Disposition, EmployeeResult, EmployeeShare, RecordingRef } from "../calls/call.ts";
import type { CdrCall } from "../calls/cdr-call.ts";
import { isOutsideNumber } from "../calls/sides.ts";
import type { CdrOutcome, CdrRow } from "./cdr-row.ts";
import { type ChannelNames, wireOf } from "./channels.ts";
import { inOrderOfTime } from "./row-order.ts";

export interface RowReader extends ChannelNames {
  /**
   * The recording that a row tells of, as the PBX names it; null: none.
   * @param isOuter the row is of the channel on which a dialplan records the call, if it records it at all
   */
  recordingOf(row: CdrRow, isOuter: boolean): string | null;
}

/** Rows are mostly cut to whole seconds: two things less apart may be one. */
const BLUR_MS = 1_000;

/** Words for a number that the caller hides; a trunk without caller ID writes its dialplan extension "s". */
const HIDDEN = /^(|<unknown>|unknown|anonymous|restricted|unavailable|private|asterisk|s)$/i;

export interface ToldCall extends CdrCall {
  /** Uniqueids of the channels that rows were written for: where linkedids are not kept, these find the call. */
  readonly uniqueids: readonly string[];
  /**
   * The PBX was asked to ring an employee for this client, and nothing came of it: when he was calling at that moment
   * it was an attempt to intercept his call.
   */
  readonly isBareAttempt: boolean;
}

/** @returns null when the rows are of no call between people: a phone alone with the dialplan */
export function toCall(rows: readonly CdrRow[], reader: RowReader): ToldCall | null {
  return rows.length === 0 ? null : new Telling(rows, reader).call();
}

interface Span {
  readonly from: number;
  readonly until: number;
}

class Telling {
  readonly #rows: readonly CdrRow[];
  readonly #reader: RowReader;
  /** Wires that the PBX was asked for from outside (Originate): nobody dialled them. */
  readonly #requested: ReadonlySet<string>;
  /** The client's channel; null when no trunk has a part in it. */
  readonly #clientChannel: string | null;
  readonly #direction: Direction;

  constructor(rows: readonly CdrRow[], reader: RowReader) {
    this.#reader = reader;
    this.#rows = inOrderOfTime(rows);
    this.#requested = requestedWires(rows);
    const { channel, direction } = this.#sides();
    this.#clientChannel = channel;
    this.#direction = direction;
  }

  call(): ToldCall | null {
    const [first] = this.#rows;
    const employees = this.#extensions();
    if (first === undefined || (this.#direction === "internal" && !this.#isBetweenPeople(employees))) return null;
    const startedAt = first.startedAt;
    const endedAt = Math.max(...this.#rows.map((row) => row.endedAt));
    const answeredAt = this.#answeredAt();
    const disposition = this.#disposition(answeredAt);
    return {
      linkedids: this.#linkedids(),
      uniqueids: [...new Set(this.#rows.map(({ uniqueid }) => uniqueid))],
      direction: this.#direction,
      client: this.#client(),
      did: this.#direction === "inbound" ? (this.#rows.find(({ did }) => did !== null)?.did ?? null) : null,
      queue: this.#rows.find(({ queue }) => queue !== null)?.queue ?? null,
      startedAt,
      answeredAt,
      endedAt,
      disposition,
      ringSeconds: secondsBetween(startedAt, answeredAt ?? endedAt),
      talkSeconds: answeredAt === null ? 0 : secondsBetween(answeredAt, this.#talkedUntil(answeredAt)),
      employees: employees.map((extension) => this.#share(extension, answeredAt, disposition)),
      recordings: answeredAt === null ? [] : this.#recordings(),
      isBareAttempt: this.#clientChannel === null && this.#direction === "outbound" && answeredAt === null,
    };
  }

  /** A client who was put together with another one has that one's linkedid from then on, and a call of his own (capture o10). */
  #linkedids(): string[] {
    const all = [...new Set(this.#rows.flatMap(({ linkedid }) => linkedid ?? []))];
    const own = all.filter((id) => this.#rows.some(({ uniqueid }) => uniqueid === id));
    const isClients = this.#rows.some(
      ({ channel, uniqueid }) => channel === this.#clientChannel && own.includes(uniqueid),
    );
    return this.#direction === "inbound" && isClients ? own : all;
  }

  #extension(channel: string): string | null {
    return this.#reader.isPhone(channel) ? this.#reader.extensionOf(channel) : null;
  }

  /** A phone alone with the dialplan calls nobody; who calls his own number does (capture o14). */
  #isBetweenPeople(employees: readonly string[]): boolean {
    return (
      employees.length > 1 ||
      this.#rows.some((row) => this.#extension(row.dstChannel) !== null && !this.#isOwnPhone(row))
    );
  }

  #isTrunk(channel: string): boolean {
    return this.#reader.isPhone(channel) && this.#reader.extensionOf(channel) === null;
  }

  /** Whose phone rings because the PBX was asked to ring it, and not because somebody called it. */
  #isOwnPhone(row: CdrRow): boolean {
    const wire = wireOf(row.channel);
    return row.attempt !== null || (wire !== null && this.#requested.has(wire));
  }

  /**
   * The trunk's channel that began the call, or carries the line, is a client's who calls us. Where the rows tell neither,
   * the one that is first met as the calling side is; first met as the called one it is a client's whom we call.
   */
  #sides(): { readonly channel: string | null; readonly direction: Direction } {
    const caller = this.#rows.find(({ channel, did, uniqueid, linkedid }) => {
      return this.#isTrunk(channel) && (did !== null || uniqueid === linkedid);
    });
    if (caller !== undefined) return { channel: caller.channel, direction: "inbound" };
    for (const row of this.#rows) {
      if (this.#isTrunk(row.dstChannel)) return { channel: this.#trunkCalled(row), direction: "outbound" };
      if (this.#isTrunk(row.channel)) return { channel: row.channel, direction: "inbound" };
    }
    // A row may carry the line though the trunk is not in it (MikoPBX's queue rows).
    if (this.#rows.some(({ did }) => did !== null)) return { channel: null, direction: "inbound" };
    const asked = this.#asked();
    return { channel: null, direction: asked === null ? "internal" : "outbound" };
  }

  /** Several trunks may be tried for the same number: the one that answered, else the last. */
  #trunkCalled(first: CdrRow): string {
    const tries = this.#rows.filter((row) => this.#isTrunk(row.dstChannel) && row.to === first.to);
    return (tries.find(isAnswered) ?? tries.at(-1) ?? first).dstChannel;
  }

  /** The outside number that an employee wanted though no trunk was called for it. */
  #asked(): string | null {
    for (const row of this.#rows) {
      const number = this.#isOwnPhone(row) ? [row.from, row.to].find(isOutsideNumber) : row.to;
      if (number !== undefined && isOutsideNumber(number)) return number;
    }
    return null;
  }

  #client(): string | null {
    if (this.#direction === "internal") return null;
    const row = this.#rows.find(({ channel, dstChannel }) =>
      this.#direction === "inbound" ? channel === this.#clientChannel : dstChannel === this.#clientChannel,
    );
    const number = this.#direction === "inbound" ? (row ?? this.#rows[0])?.from : (row?.to ?? this.#asked());
    return number === undefined || number === null || HIDDEN.test(number) ? null : number;
  }

  /** In the order in which they came in. */
  #extensions(): string[] {
    const channels = this.#rows.flatMap(({ channel, dstChannel }) => [channel, dstChannel]);
    return [...new Set(channels.map((channel) => this.#extension(channel)).filter((extension) => extension !== null))];
  }

  /** A row in which two people talked, or one with somebody behind a wire. */
  #isTalk(row: CdrRow): boolean {
    return isAnswered(row) && !row.isApp && row.dstChannel !== "" && !this.#isOwnPhone(row) && this.#isHeard(row);
  }

  /** Whoever calls over a wire may have hung up in the moment in which it was answered behind it (capture o11). */
  #isHeard({ channel }: CdrRow): boolean {
    const wire = wireOf(channel);
    const callers = wire === null ? [] : this.#rows.filter(({ dstChannel }) => dstChannel === `${wire};1`);
    return callers.length === 0 || callers.some(isAnswered);
  }

  #answeredAt(): number | null {
    const answers = this.#rows.filter(
      (row) => isAnswered(row) && !row.isApp && !this.#isOwnPhone(row) && this.#isHeard(row),
    );
    const between = answers.filter(({ channel, dstChannel }) => {
      if (this.#direction === "internal") return this.#extension(dstChannel) !== null;
      const other = channel === this.#clientChannel ? dstChannel : dstChannel === this.#clientChannel ? channel : null;
      if (other !== null) return this.#extension(other) !== null || (this.#direction === "outbound" && other !== "");
      // Behind a wire (a queue's member, a step of the route, a diverted call) stands the client.
      return this.#direction === "inbound" && wireOf(channel) !== null && this.#reader.isPhone(dstChannel);
    });
    const moments = between.map((row) => row.answeredAt ?? row.startedAt);
    return moments.length === 0 ? null : Math.min(...moments);
  }

  /** The client's last conversation; inside the company, anybody's. Music and announcements are rows without another side. */
  #talkedUntil(answeredAt: number): number {
    const talks = this.#rows.filter((row) => this.#isTalk(row));
    const own = talks.filter((row) => [row.channel, row.dstChannel].includes(this.#clientChannel ?? ""));
    return Math.max(answeredAt, ...(own.length > 0 ? own : talks).map((row) => row.endedAt));
  }

  #disposition(answeredAt: number | null): Disposition {
    if (answeredAt !== null) return "answered";
    // A client who was not talked to was missed, whoever gave up or refused.
    if (this.#direction === "inbound") return "missed";
    const called = this.#rows.filter((row) => this.#extension(row.dstChannel) !== null && row.attempt === null);
    // When the client was never called, it is the own phone that was not picked up.
    const last =
      this.#direction === "internal"
        ? called.at(-1)
        : this.#rows.findLast(({ dstChannel }) => dstChannel !== "" && dstChannel === this.#clientChannel);
    return last === undefined ? "failed" : DISPOSITION[last.outcome];
  }

  #share(extension: string, answeredAt: number | null, disposition: Disposition): EmployeeShare {
    const rings = this.#rows.filter((row) => this.#extension(row.dstChannel) === extension);
    const rang = rings.map((row) => ({ from: row.startedAt, until: row.answeredAt ?? row.endedAt }));
    const talks = this.#talksOf(extension);
    return {
      extension,
      result: this.#result(extension, { rings, talks, answeredAt, disposition }),
      ringSeconds: covered(rang),
      talkSeconds: covered(talks),
    };
  }

  #talksOf(extension: string): Span[] {
    return this.#rows
      .filter((row) => this.#isTalk(row) && this.#hasAtSide(row, extension))
      .map((row) => ({ from: row.answeredAt ?? row.startedAt, until: row.endedAt }));
  }

  #hasAtSide({ channel, dstChannel }: CdrRow, extension: string): boolean {
    return this.#extension(channel) === extension || this.#extension(dstChannel) === extension;
  }

  #result(
    extension: string,
    heard: {
      readonly rings: readonly CdrRow[];
      readonly talks: readonly Span[];
      readonly answeredAt: number | null;
      readonly disposition: Disposition;
    },
  ): EmployeeResult {
    const { rings, talks, answeredAt, disposition } = heard;
    if (talks.length > 0 && (covered(talks) > 0 || !this.#isLong()))
      return this.#handedOver(extension, talks) ? "transferred-away" : "answered";
    const called = rings.filter((row) => !this.#isOwnPhone(row));
    // He was to intercept a client's call, and nothing came of it; else he placed the call himself, and it went for him
    // as it went at all.
    if (called.length === 0 && this.#direction === "inbound")
      return answeredAt === null ? "cancelled" : "answered-elsewhere";
    if (called.length === 0) return disposition;
    const isElsewhere = ({ startedAt, endedAt }: CdrRow) =>
      answeredAt !== null && answeredAt >= startedAt && answeredAt <= endedAt + BLUR_MS;
    if (called.some(isElsewhere)) return "answered-elsewhere";
    const outcomes = called.map(({ outcome }) => outcome);
    // One that was answered with nobody there any more was missed, too.
    if (outcomes.some((outcome) => outcome !== "busy" && outcome !== "failed")) return "missed";
    return outcomes.includes("busy") ? "busy" : "failed";
  }

  /** Somebody talked for longer than an instant: then a row of no length is no talk, but a phone whose caller was taken away. */
  #isLong(): boolean {
    return this.#rows.some((row) => this.#isTalk(row) && row.endedAt > (row.answeredAt ?? row.startedAt));
  }

  /** The client talked to somebody else when this one's talk was over. */
  #handedOver(extension: string, talks: readonly Span[]): boolean {
    const client = this.#clientChannel;
    if (client === null) return false;
    const until = Math.max(...talks.map((talk) => talk.until));
    return this.#rows.some(
      (row) =>
        this.#isTalk(row) &&
        [row.channel, row.dstChannel].includes(client) &&
        !this.#hasAtSide(row, extension) &&
        [row.channel, row.dstChannel].some((channel) => this.#extension(channel) !== null) &&
        row.startedAt >= until - BLUR_MS &&
        row.endedAt > until,
    );
  }

  /** The client's own channel when he calls; that of the employee who calls him. */
  #isOuter({ channel, dstChannel }: CdrRow): boolean {
    if (this.#clientChannel === null) return false;
    return (this.#direction === "inbound" ? channel : dstChannel) === this.#clientChannel;
  }

  #recordings(): RecordingRef[] {
    const files = new Map<string, RecordingRef>();
    for (const row of this.#rows) {
      const file = this.#reader.recordingOf(row, this.#isOuter(row));
      if (file !== null && !files.has(file)) files.set(file, { file, startedAt: row.startedAt });
    }
    return [...files.values()];
  }
}

const DISPOSITION: Readonly<Record<CdrOutcome, Disposition>> = {
  answered: "cancelled", // answered, and yet nobody talked to the client
  "no-answer": "missed",
  busy: "busy",
  failed: "failed",
  cancelled: "cancelled",
};

function isAnswered(row: CdrRow): boolean {
  return row.outcome === "answered";
}

/**
 * Where somebody dials a Local channel, its half `;1` is the called side of a row. Where no row calls it, the PBX was
 * asked for it: by an Originate, or by the attended-transfer code of a phone, which a row of the phone's own tells.
 */
function requestedWires(rows: readonly CdrRow[]): ReadonlySet<string> {
  const wires = new Set(rows.map(({ channel }) => wireOf(channel)).filter((wire) => wire !== null));
  for (const { dstChannel } of rows) {
    if (dstChannel.endsWith(";1")) wires.delete(wireOf(dstChannel) ?? "");
  }
  return wires;
}

/** Seconds covered by the spans together. */
function covered(spans: readonly Span[]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const span of [...spans].sort((one, two) => one.from - two.from)) {
    total += Math.max(0, span.until - Math.max(span.from, until));
    until = Math.max(until, span.until);
  }
  return total / 1000;
}

function secondsBetween(from: number, until: number): number {
  return Math.max(0, until - from) / 1000;
}
