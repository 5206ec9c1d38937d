/**
 * Who has listened to what, when, from where and how far: written down before the first byte is given. A player asks for
 * one recording in many pieces; pieces of one person from one place within half an hour are one listening.
 */
import { isIP } from "node:net";
import type { Clock } from "../lib/clock.ts";

export interface Listening {
  readonly account: string;
  readonly callId: string;
  /** The CRM's user; null: whoever held the link. */
  readonly userId: number | null;
  /** Of the network, not of the computer: see `cutAddress`. */
  readonly address: string;
  /** Epoch ms. */
  readonly begunAt: number;
  readonly lastAt: number;
  /** All that were sent; a player may fetch more than is heard, and the same twice. */
  readonly bytes: number;
  /** How far into the recording what was sent reaches. */
  readonly reachedSeconds: number;
}

export interface ListeningStore {
  /** @returns its id */
  begin(listening: Listening): Promise<number>;
  goOn(id: number, progress: Pick<Listening, "lastAt" | "bytes" | "reachedSeconds">): Promise<void>;
  /** The newest first. */
  list(account: string, query: ListeningQuery): Promise<readonly Listening[]>;
}

export interface ListeningQuery {
  readonly callId?: string | undefined;
  /** Those that began before; epoch ms. */
  readonly before?: number | undefined;
  readonly limit: number;
}

/** Who listens. */
export type Listener = Pick<Listening, "account" | "callId" | "userId"> & { readonly ip: string };

/** A stretch under way. */
interface Open {
  readonly id: number;
  lastAt: number;
  bytes: number;
  reachedSeconds: number;
}

const SAME_LISTENING_MS = 30 * 60_000;

export class ListeningBook {
  readonly #store: ListeningStore;
  readonly #clock: Clock;
  readonly #onBegun: (listener: Listener) => Promise<void>;
  // In the order in which they were last used.
  readonly #open = new Map<string, { readonly at: number; readonly opening: Promise<Open> }>();

  /** @param onBegun told once for each stretch, before anything is heard */
  constructor(store: ListeningStore, clock: Clock, onBegun: (listener: Listener) => Promise<void>) {
    this.#store = store;
    this.#clock = clock;
    this.#onBegun = onBegun;
  }

  /**
   * Writes down that somebody listens. What cannot be written down must not be heard.
   * @returns to be told what was sent
   * @throws StoreError
   */
  async begin(listener: Listener): Promise<(sent: { bytes: number; reachedSeconds: number }) => Promise<void>> {
    const address = cutAddress(listener.ip);
    const key = JSON.stringify([listener.account, listener.callId, listener.userId, address]);
    const now = this.#clock.now();
    this.#forgetOld(now);
    // Pieces that are asked for at once wait for the first of them; its failure was told to whoever asked for it.
    const before = this.#open.get(key)?.opening.catch(() => undefined);
    const opening = Promise.resolve(before).then((open) => open ?? this.#begin(listener, address, now));
    this.#open.delete(key);
    this.#open.set(key, { at: now, opening });
    const open = await opening;
    return async ({ bytes, reachedSeconds }) => {
      open.lastAt = this.#clock.now();
      open.bytes += bytes;
      open.reachedSeconds = Math.max(open.reachedSeconds, Math.round(reachedSeconds));
      await this.#store.goOn(open.id, open);
    };
  }

  async #begin(listener: Listener, address: string, now: number): Promise<Open> {
    const { account, callId, userId } = listener;
    const begun = { lastAt: now, bytes: 0, reachedSeconds: 0 };
    const id = await this.#store.begin({ account, callId, userId, address, begunAt: now, ...begun });
    await this.#onBegun(listener);
    return { id, ...begun };
  }

  #forgetOld(now: number): void {
    for (const [key, { at }] of this.#open) {
      if (now - at < SAME_LISTENING_MS) return;
      this.#open.delete(key);
    }
  }
}

/** The network an address is of, enough to tell the office from the world: 203.0.113.0, 2001:db8:1::. */
export function cutAddress(ip: string): string {
  const v4 = /^(?:::ffff:)?(\d+\.\d+\.\d+)\.\d+$/i.exec(ip)?.[1];
  if (v4 !== undefined) return `${v4}.0`;
  if (isIP(ip) !== 6) return "";
  const [before = "", after] = ip.split("::");
  const head = before.split(":").filter((group) => group !== "");
  const tail = after?.split(":").filter((group) => group !== "") ?? [];
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length;
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return `${groups.slice(0, 3).join(":")}::`;
}
