/**
 * The panel's WebSocket through its whole life: sign in with a ticket, resume after a lost link, wait and try again,
 * ask for a snapshot after a gap, notice a link that died silently. Knows no DOM: sockets, time and chance are ports.
 */
import type { Me, PanelMessage, PanelRequest, RefusalReason } from "../../src/panel/protocol.ts";
import { applyToView, type LiveView } from "./live-view.ts";
import { retryAfterMs } from "./retry.ts";

/** The part of the browser's WebSocket that is used here. */
export interface LinkSocket {
  addEventListener(type: "open" | "message" | "close", listener: (event: object) => void): void;
  send(text: string): void;
  close(): void;
}

/** Ends what was begun. (`Symbol.dispose` is still unknown to browsers in daily use.) */
export type Stop = () => void;

/** A ticket for one sign-in, or why there is none: no answer (worth another try), or the service said no. */
export type TicketAnswer = { readonly ticket: string } | { readonly failure: "unreachable" | "not-allowed" };

export interface LinkPorts {
  openSocket(): LinkSocket;
  askTicket(): Promise<TicketAnswer>;
  /** Epoch ms. */
  now(): number;
  after(milliseconds: number, act: () => void): Stop;
  /** In [0, 1). */
  random(): number;
  changed(link: LinkState): void;
  /** Everything but snapshots and changes, which arrive as `LiveView`s. */
  received(message: Extract<PanelMessage, { type: "outcome" | "open" | "recent" | "call-note" }>): void;
}

/**
 * connecting ──► live ──► stale ──► live …      any ──► refused ──► connecting (after a while or when asked)
 *
 * `stale`: the link is lost and the last view is kept, `since` when. `attempt` counts the tries of this outage.
 */
export type LinkState =
  | { readonly state: "connecting"; readonly attempt: number }
  | { readonly state: "live"; readonly me: Me; readonly view: LiveView; readonly clockAheadMs: number }
  | {
      readonly state: "stale";
      readonly me: Me;
      readonly view: LiveView;
      readonly clockAheadMs: number;
      readonly since: number;
      readonly attempt: number;
    }
  | { readonly state: "refused"; readonly reason: RefusalReason };

/** A quiet link is asked for a snapshot; no answer within the second time means that it is dead (half-open TCP). */
const QUIET_MS = 30_000;
const ANSWER_MS = 10_000;
/** A refusal is a matter for people; still, the panel comes back by itself once they have settled it. */
const REFUSED_RETRY_MS = 60_000;

export class PanelLink {
  readonly #ports: LinkPorts;
  #socket: LinkSocket | null = null;
  #session: string | null = null;
  #me: Me | null = null;
  #clockAheadMs = 0;
  #link: LinkState = { state: "connecting", attempt: 1 };
  /** Tries of this outage that came to nothing. */
  #failures = 0;
  #retry: Stop | null = null;
  #watch: Stop | null = null;
  /** A snapshot was asked for and has not come: changes until then are of no use. */
  #awaitsSnapshot = false;
  /** Raised when a try is given up, so that its late ticket is not used. */
  #tries = 0;

  constructor(ports: LinkPorts) {
    this.#ports = ports;
  }

  /** Connects at once, whatever it was waiting for; nothing to do while the link is live. */
  start(): void {
    if (this.#link.state === "live") return;
    this.#retry?.();
    this.#retry = null;
    this.#dropSocket();
    if (this.#link.state === "stale") this.#become({ ...this.#link, attempt: this.#failures });
    else this.#become({ state: "connecting", attempt: this.#failures + 1 });
    void this.#signIn(++this.#tries);
  }

  /** False when there is no live link. */
  send(request: PanelRequest): boolean {
    if (this.#link.state !== "live") return false;
    this.#write(request);
    return true;
  }

  close(): void {
    this.#tries++;
    this.#retry?.();
    this.#dropSocket();
  }

  async #signIn(current: number): Promise<void> {
    let first: PanelRequest;
    if (this.#session !== null) {
      first = { type: "resume", session: this.#session };
    } else {
      const answer = await this.#ports.askTicket();
      if (current !== this.#tries) return;
      if ("failure" in answer) {
        if (answer.failure === "not-allowed") this.#refuse("bad-ticket");
        else this.#lost();
        return;
      }
      first = { type: "hello", ticket: answer.ticket };
    }
    const socket = this.#ports.openSocket();
    this.#socket = socket;
    this.#expectWithin(ANSWER_MS, () => this.#lost());
    // A socket that was given up may still speak.
    const whileCurrent = (act: (event: object) => void) => (event: object) => {
      if (this.#socket === socket) act(event);
    };
    socket.addEventListener(
      "open",
      whileCurrent(() => this.#write(first)),
    );
    socket.addEventListener(
      "message",
      whileCurrent((event) => this.#take("data" in event ? event.data : "")),
    );
    socket.addEventListener(
      "close",
      whileCurrent(() => this.#lost()),
    );
  }

  #take(text: unknown): void {
    this.#expectWithin(QUIET_MS, () => {
      this.#write({ type: "get-snapshot" });
      this.#expectWithin(ANSWER_MS, () => this.#lost());
    });
    const message = parseMessage(text);
    if (message === null) {
      this.#lost();
      return;
    }
    switch (message.type) {
      case "welcome":
        this.#session = message.session;
        this.#me = message.me;
        this.#clockAheadMs = message.now - this.#ports.now();
        return;
      case "refused":
        this.#takeRefusal(message.reason);
        return;
      case "snapshot":
      case "change":
        this.#takeView(message);
        return;
      case "outcome":
      case "open":
      case "recent":
      case "call-note":
        this.#ports.received(message);
        return;
      default:
        // A word of a newer service: its snapshot still holds all that this panel can show.
        return;
    }
  }

  #takeView(message: Extract<PanelMessage, { type: "snapshot" | "change" }>): void {
    if (message.type === "snapshot") this.#awaitsSnapshot = false;
    else if (this.#awaitsSnapshot) return;
    const before = this.#link.state === "live" ? this.#link.view : null;
    const view = applyToView(before, message);
    if (view === "gap") {
      this.#awaitsSnapshot = true;
      this.#write({ type: "get-snapshot" });
    } else if (this.#me) {
      this.#failures = 0;
      this.#become({ state: "live", me: this.#me, view, clockAheadMs: this.#clockAheadMs });
    }
  }

  #takeRefusal(reason: RefusalReason): void {
    const resumed = this.#session !== null;
    this.#session = null;
    this.#dropSocket();
    if (reason === "busy") this.#lost();
    // An old session has ended: a new ticket may still open the door.
    else if (resumed && (reason === "session-ended" || reason === "bad-ticket")) this.start();
    else this.#refuse(reason);
  }

  #refuse(reason: RefusalReason): void {
    this.#dropSocket();
    this.#become({ state: "refused", reason });
    this.#tryAgainAfter(REFUSED_RETRY_MS);
  }

  #lost(): void {
    this.#dropSocket();
    this.#failures++;
    if (this.#link.state === "live") {
      const { me, view, clockAheadMs } = this.#link;
      this.#become({ state: "stale", me, view, clockAheadMs, since: this.#ports.now(), attempt: this.#failures });
    }
    this.#tryAgainAfter(retryAfterMs(this.#failures, this.#ports.random()));
  }

  #tryAgainAfter(milliseconds: number): void {
    this.#retry?.();
    this.#retry = this.#ports.after(milliseconds, () => this.start());
  }

  #expectWithin(milliseconds: number, otherwise: () => void): void {
    this.#watch?.();
    this.#watch = this.#ports.after(milliseconds, otherwise);
  }

  #write(request: PanelRequest): void {
    this.#socket?.send(JSON.stringify(request));
  }

  #become(link: LinkState): void {
    this.#link = link;
    this.#ports.changed(link);
  }

  #dropSocket(): void {
    this.#watch?.();
    this.#watch = null;
    this.#awaitsSnapshot = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}

/** Null for what is no message at all, as a proxy's error page may be. */
function parseMessage(text: unknown): PanelMessage | null {
  try {
    // Only the service at our own origin can write here; its words are the protocol's.
    return JSON.parse(String(text)) as PanelMessage;
  } catch {
    return null;
  }
}
