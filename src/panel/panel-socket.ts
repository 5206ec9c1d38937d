/**
 * One panel's WebSocket: numbers what is sent, watches how fast it is read, how much is asked and whether anybody is
 * still there. Knows nothing of what the messages mean.
 */
import type { WebSocket } from "ws";
import type { LiveState, PanelMessage, PanelRequest } from "./protocol.ts";
import { readRequest } from "./request.ts";

export interface SocketLimits {
  /** Unsent bytes above which a panel is given no more changes, but a snapshot once it has caught up. */
  readonly slowBytes: number;
  /** Requests a panel may send at once, and as many again in each `refillMs`. */
  readonly burst: number;
  readonly refillMs: number;
}

export const DEFAULT_SOCKET_LIMITS: SocketLimits = { slowBytes: 256 * 1024, burst: 30, refillMs: 10_000 };

/** Close codes of RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const OUR_FAILURE = 1011;

export interface SocketOwner {
  /** A request that is understood. */
  take(request: PanelRequest): void;
  /** All that a panel shows at this moment; asked for when it has caught up. */
  state(): LiveState | undefined;
  slowed(): void;
  closed(): void;
}

export class PanelSocket {
  readonly #socket: WebSocket;
  readonly #limits: SocketLimits;
  #seq = 0;
  #isBehind = false;
  #isAlive = true;
  #owner: SocketOwner | undefined;
  readonly #onSent = () => this.#catchUp();
  #allowance: { left: number; since: number };

  constructor(socket: WebSocket, limits: SocketLimits) {
    this.#socket = socket;
    this.#limits = limits;
    this.#allowance = { left: limits.burst, since: performance.now() };
  }

  listen(owner: SocketOwner): void {
    this.#owner = owner;
    this.#socket.on("pong", () => {
      this.#isAlive = true;
    });
    this.#socket.on("message", (data, isBinary) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return; // said after we said good-bye
      const request = isBinary || !this.#mayAsk() ? undefined : readRequest(String(data));
      if (request) owner.take(request);
      else this.violate();
    });
    // A frame too long or broken: ws closes the link with the fitting code; `close` follows.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => owner.closed());
  }

  send(message: Exclude<PanelMessage, { type: "snapshot" | "change" }>): void {
    this.#write(message);
  }

  sendSnapshot(state: LiveState): void {
    this.#isBehind = false;
    this.#write({ type: "snapshot", seq: ++this.#seq, ...state });
  }

  /** @param change holds something; the same object may be given to several sockets, and is not changed afterwards */
  sendChange(change: Partial<LiveState>): void {
    // Before the first snapshot there is nothing to change; after a pause the snapshot that follows will hold it.
    if (this.#seq === 0 || this.#isBehind) return;
    if (this.#socket.bufferedAmount > this.#limits.slowBytes) {
      this.#isBehind = true;
      this.#owner?.slowed();
      return;
    }
    this.#writeText(`{"type":"change","seq":${++this.#seq},${partsOf(change)}}`);
  }

  /** Asks whether anybody is there; ends the link when the last question was not answered. */
  probe(): void {
    if (this.#isAlive) this.#socket.ping();
    else this.#socket.terminate();
    this.#isAlive = false;
  }

  /** The panel broke the rules of the protocol. */
  violate(): void {
    this.#socket.close(POLICY_VIOLATION);
  }

  fail(): void {
    this.#socket.close(OUR_FAILURE);
  }

  goAway(): void {
    this.#socket.close(GOING_AWAY);
  }

  #write(message: PanelMessage): void {
    this.#writeText(JSON.stringify(message));
  }

  #writeText(text: string): void {
    this.#socket.send(text, this.#onSent);
  }

  /** Called when something has left for the network, or could not. */
  #catchUp(): void {
    const isOpen = this.#socket.readyState === this.#socket.OPEN;
    if (!isOpen || !this.#isBehind || this.#socket.bufferedAmount > this.#limits.slowBytes / 4) return;
    const state = this.#owner?.state();
    if (state) this.sendSnapshot(state);
  }

  #mayAsk(): boolean {
    const now = performance.now();
    if (now - this.#allowance.since > this.#limits.refillMs) this.#allowance = { left: this.#limits.burst, since: now };
    return this.#allowance.left-- > 0;
  }
}

/** One change goes to many panels, and making text of it is most of the work: done once for all of them. */
const partsOfChanges = new WeakMap<Partial<LiveState>, string>();

/** A change as JSON, without its braces. */
function partsOf(change: Partial<LiveState>): string {
  const known = partsOfChanges.get(change);
  if (known !== undefined) return known;
  const parts = JSON.stringify(change).slice(1, -1);
  partsOfChanges.set(change, parts);
  return parts;
}
