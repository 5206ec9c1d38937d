/**
 * Tickets and sessions of panels. A ticket is the CRM's word exchanged for ours and opens one socket once, within a
 * minute; a session lets a panel come back after a lost link. Kept in memory, as hashes: after a restart the widget
 * fetches a new ticket by itself.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "../lib/clock.ts";

/** Who a panel belongs to. */
export interface Holder {
  readonly account: string;
  readonly userId: number;
}

const TICKET_MS = 60_000;
const SESSION_MS = 12 * 3_600_000;
/** Tabs, reloads and computers of one person; the oldest session makes room. */
const SESSIONS_OF_ONE = 20;
/** A bound for what cannot be foreseen; each is some hundred bytes. */
const MOST = 20_000;

interface Entry {
  readonly holder: Holder;
  readonly until: number;
}

export class PanelSessions {
  readonly #clock: Clock;
  // By hash, and always in the order of `until`, because each has the same life from when it was put in.
  readonly #tickets = new Map<string, Entry>();
  readonly #sessions = new Map<string, Entry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  issueTicket(holder: Holder): string {
    return this.#put(this.#tickets, holder, TICKET_MS);
  }

  /** Whose it was; undefined when it is unknown, too old or was used. */
  takeTicket(ticket: string): Holder | undefined {
    return this.#take(this.#tickets, hashOf(ticket));
  }

  openSession(holder: Holder): string {
    const own = [...this.#sessions].filter(([, entry]) => isSame(entry.holder, holder));
    if (own.length >= SESSIONS_OF_ONE) this.#sessions.delete(own[0]?.[0] ?? "");
    return this.#put(this.#sessions, holder, SESSION_MS);
  }

  /** Whose it is; its life begins anew. Undefined when it is unknown or has ended. */
  resume(session: string): Holder | undefined {
    const hash = hashOf(session);
    const holder = this.#take(this.#sessions, hash);
    if (holder) this.#sessions.set(hash, { holder, until: this.#clock.now() + SESSION_MS });
    return holder;
  }

  /** The account was disconnected: nobody of it comes back without a new word of the CRM. */
  endAll(account: string): void {
    for (const entries of [this.#tickets, this.#sessions]) {
      for (const [hash, { holder }] of entries) if (holder.account === account) entries.delete(hash);
    }
  }

  #put(entries: Map<string, Entry>, holder: Holder, life: number): string {
    this.#dropEnded(entries);
    const secret = randomBytes(32).toString("base64url");
    entries.set(hashOf(secret), { holder, until: this.#clock.now() + life });
    return secret;
  }

  #take(entries: Map<string, Entry>, hash: string): Holder | undefined {
    const entry = entries.get(hash);
    entries.delete(hash);
    return entry && entry.until > this.#clock.now() ? entry.holder : undefined;
  }

  #dropEnded(entries: Map<string, Entry>): void {
    for (const [hash, { until }] of entries) {
      if (until > this.#clock.now() && entries.size < MOST) return;
      entries.delete(hash);
    }
  }
}

function isSame(one: Holder, other: Holder): boolean {
  return one.account === other.account && one.userId === other.userId;
}

function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64");
}
