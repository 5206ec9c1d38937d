/**
 * Gathers rows into calls: rows that share a linkedid, a channel's uniqueid, a phone's channel or a Local wire are of
 * one call, unless two clients called, each of whom has his own. Names of channels begin anew when Asterisk restarts, so
 * they join only rows that touch in time.
 */
import type { CdrRow } from "./cdr-row.ts";
import { keyOf } from "./cdr-row.ts";
import { type ChannelNames, isPhantom, wireOf } from "./channels.ts";

/** Times of rows are cut to whole seconds. */
const TOUCH_MS = 2_000;

export interface CdrGroup {
  /** In the order in which they were read. */
  readonly rows: readonly CdrRow[];
  /** When its newest row was read, by our clock. */
  readonly readAt: number;
  /** Set when it was compared as it is now; a further row takes it back. */
  settledAt: number | null;
  /** Its rows were read a second time. */
  isReadAgain: boolean;
}

interface Group extends CdrGroup {
  rows: CdrRow[];
  readAt: number;
  readonly order: Map<string, number>;
  readonly keys: Set<string>;
  /** The client's channel, when a client began it. */
  caller: string | null;
}

export class CdrGroups {
  readonly #names: ChannelNames;
  readonly #groups = new Set<Group>();
  readonly #byKey = new Map<string, Group>();
  #count = 0;

  constructor(names: ChannelNames) {
    this.#names = names;
  }

  /** @returns whether it told something new */
  add(row: CdrRow, now: number): boolean {
    if (isPhantom(row.channel)) return false;
    const keys = this.#keysOf(row);
    const caller = this.#callerOf(row);
    const touching = new Set(keys.flatMap((key) => this.#touching(key, row) ?? []));
    const [first = this.#open(), ...rest] = [...touching].filter((group) => isOfOneClient(group.caller, caller));
    first.caller ??= caller;
    let hasJoined = false;
    for (const other of rest) {
      if (!isOfOneClient(other.caller, first.caller)) continue;
      this.#join(first, other);
      hasJoined = true;
    }
    const key = keyOf(row);
    const at = first.rows.findIndex((known) => keyOf(known) === key);
    const known = first.rows[at];
    if (known && isSame(known, row)) return hasJoined;
    if (known) first.rows = first.rows.with(at, row);
    else {
      first.rows.push(row);
      first.order.set(key, this.#count++);
    }
    for (const each of keys) this.#hold(first, each);
    first.readAt = now;
    first.settledAt = null;
    return true;
  }

  /** Rows that turned out to be of one call, though they share nothing themselves. */
  unite(ids: Iterable<string>): void {
    const [first, ...others] = new Set([...ids].flatMap((id) => this.#byKey.get(`id ${id}`) ?? []));
    if (first) for (const other of others) this.#join(first, other);
  }

  /** Some row is of a channel, or a call, with this id. */
  knows(id: string): boolean {
    return this.#byKey.has(`id ${id}`);
  }

  groups(): readonly CdrGroup[] {
    return [...this.#groups];
  }

  /** Mark of the first row whose group has not been settled: reading must begin there again. undefined: all have. */
  firstUnsettled(): string | undefined {
    let least = Number.POSITIVE_INFINITY;
    let mark: string | undefined;
    for (const group of this.#groups) {
      if (group.settledAt !== null) continue;
      for (const row of group.rows) {
        const order = group.order.get(keyOf(row)) ?? 0;
        if (order < least) [least, mark] = [order, row.mark];
      }
    }
    return mark;
  }

  /** Lets go of what was settled before a moment (our clock). */
  forget(before: number): void {
    for (const group of this.#groups) {
      if (group.settledAt !== null && group.settledAt < before) this.#drop(group);
    }
  }

  #callerOf({ channel, did, uniqueid, linkedid }: CdrRow): string | null {
    const isTrunk = this.#names.isPhone(channel) && this.#names.extensionOf(channel) === null;
    return isTrunk && (did !== null || uniqueid === linkedid) ? channel : null;
  }

  #keysOf(row: CdrRow): string[] {
    const channels = [row.channel, row.dstChannel].flatMap((channel) => {
      const wire = wireOf(channel);
      if (wire !== null) return [`channel ${wire}`];
      return this.#names.isPhone(channel) ? [`channel ${channel}`] : [];
    });
    return [`id ${row.uniqueid}`, ...(row.linkedid === null ? [] : [`id ${row.linkedid}`]), ...channels];
  }

  #touching(key: string, row: CdrRow): Group | undefined {
    const group = this.#byKey.get(key);
    if (group === undefined || key.startsWith("id ")) return group;
    const touches = group.rows.some(
      (each) => row.startedAt <= each.endedAt + TOUCH_MS && row.endedAt >= each.startedAt - TOUCH_MS,
    );
    return touches ? group : undefined;
  }

  #open(): Group {
    const group: Group = {
      rows: [],
      readAt: 0,
      settledAt: null,
      isReadAgain: false,
      order: new Map(),
      keys: new Set(),
      caller: null,
    };
    this.#groups.add(group);
    return group;
  }

  #join(into: Group, other: Group): void {
    into.rows.push(...other.rows);
    for (const [key, order] of other.order) into.order.set(key, order);
    this.#drop(other);
    for (const key of other.keys) this.#hold(into, key);
    into.readAt = Math.max(into.readAt, other.readAt);
    into.settledAt = null;
    into.caller ??= other.caller;
  }

  #hold(group: Group, key: string): void {
    group.keys.add(key);
    this.#byKey.set(key, group);
  }

  #drop(group: Group): void {
    this.#groups.delete(group);
    for (const key of group.keys) if (this.#byKey.get(key) === group) this.#byKey.delete(key);
  }
}

function isOfOneClient(one: string | null, other: string | null): boolean {
  return one === null || other === null || one === other;
}

/** Where it stands in the source may change (a rotated file); what it says may not. */
function isSame({ mark: _one, ...some }: CdrRow, { mark: _two, ...others }: CdrRow): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
