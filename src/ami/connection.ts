import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../lib/clock.ts";
import { type ActionFields, actionName, encodeAction } from "./action.ts";
import { AmiError } from "./ami-error.ts";
import { readGreeting } from "./greeting.ts";
import type { AmiPacket } from "./packet.ts";
import { type Answer, PendingActions } from "./pending-actions.ts";
import { type AmiEndpoint, connectSocket } from "./socket.ts";
import { PacketSplitter } from "./splitter.ts";

export interface AmiConnectionOptions extends AmiEndpoint {
  readonly username: string;
  readonly secret: string;
  /** Events that `onPacket` is called with; the others are skipped before anything is built of them. */
  readonly kinds: ReadonlySet<string> | "all";
  readonly onPacket: (event: AmiPacket) => void;
  /** A packet was left out: too long, or no packet at all. */
  readonly onRefused: (error: AmiError) => void;
  readonly counters: AmiCounters;
  readonly clock: Clock;
  readonly timing: AmiTiming;
}

/** All in milliseconds. */
export interface AmiTiming {
  /** For TCP and TLS. */
  readonly connectMs: number;
  /** For the greeting, and again for the answer to the login. */
  readonly loginMs: number;
  /** How long the PBX may stay silent after an action, unless the action says otherwise. */
  readonly actionMs: number;
  readonly pingEveryMs: number;
  readonly pingAnswerMs: number;
}

/** MikoPBX's advice is a ping every 15 to 20 s. */
export const AMI_TIMING: AmiTiming = {
  connectMs: 3_000,
  loginMs: 5_000,
  actionMs: 10_000,
  pingEveryMs: 15_000,
  pingAnswerMs: 5_000,
};

/** Counted up for as long as the session lives; read by the metrics. */
export interface AmiCounters {
  connections: number;
  deliveredEvents: number;
  skippedEvents: number;
  refusedPackets: number;
  /** Answers that nobody waits for any more. */
  strayResponses: number;
}

export interface ActionOptions {
  /** How long the PBX may stay silent. A list may take longer as long as its items keep coming. */
  readonly deadlineMs?: number;
}

const GOODBYE_MS = 1_000;

/** One login at one PBX, from the greeting to the end of the socket. Knows actions and answers, not calls. */
export class AmiConnection {
  /** What the PBX called itself, "Asterisk Call Manager/11.0.0". */
  readonly greeting: string;
  /** Resolves with the reason when the connection is over; never rejects. */
  readonly closed: Promise<AmiError>;
  readonly #socket: Socket;
  readonly #options: AmiConnectionOptions;
  readonly #splitter: PacketSplitter;
  readonly #pending = new PendingActions();
  /** OriginateResponse shows our ActionIDs to all other programs at this PBX: they must not meet. */
  readonly #idPrefix = randomUUID().slice(0, 8);
  readonly #tellClosed: (error: AmiError) => void;
  #lastHeardAt: number;
  #lastId = 0;
  #chunksHeard = 0;
  #pingTimer: NodeJS.Timeout | undefined;
  #end: AmiError | undefined;

  /**
   * Connects, reads the greeting, logs in with all events switched off: send `Events` when their reader is ready.
   * @throws AmiError
   */
  static async open(options: AmiConnectionOptions, signal: AbortSignal): Promise<AmiConnection> {
    const socket = await connectSocket(options, options.timing.connectMs, signal);
    const { greeting, rest } = await readGreeting(socket, options, options.timing.loginMs, signal);
    const connection = new AmiConnection(socket, options, greeting);
    const abort = () => connection.close();
    signal.addEventListener("abort", abort, { once: true });
    try {
      const login = connection.#login();
      connection.#hear(rest);
      await login;
    } catch (error) {
      connection.abandon(error as AmiError); // #login throws nothing else
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    connection.#schedulePing();
    return connection;
  }

  private constructor(socket: Socket, options: AmiConnectionOptions, greeting: string) {
    this.#socket = socket;
    this.#options = options;
    this.greeting = greeting;
    this.#lastHeardAt = options.clock.now();
    const { promise, resolve } = Promise.withResolvers<AmiError>();
    this.closed = promise;
    this.#tellClosed = resolve;
    this.#splitter = new PacketSplitter({
      wanted: (eventName) => this.#isWanted(eventName),
      refused: (error) => {
        options.counters.refusedPackets++;
        options.onRefused(error);
      },
    });
    socket.on("data", (chunk) => this.#hear(chunk));
    socket.on("error", (error) => this.abandon(new AmiError("ami/link-lost", { reason: error.message }, error)));
    socket.on("close", () => this.abandon(new AmiError("ami/link-lost", { reason: "closed by the PBX" })));
    socket.resume();
    options.counters.connections++;
  }

  /** Epoch milliseconds of the last bytes that came. */
  get lastHeardAt(): number {
    return this.#lastHeardAt;
  }

  /** Sends an action and waits for its response. @throws AmiError when it is refused, not answered, or the link drops */
  async action(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket> {
    return (await this.#send(fields, "response", options)).response;
  }

  /**
   * Sends an action that is answered by a list, and gathers the list: the events that carry its ActionID up to the one
   * with `EventList: Complete`, which is left out. Events of the stream are delivered meanwhile as always.
   * @throws AmiError
   */
  async list(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket[]> {
    return (await this.#send(fields, "list", options)).list;
  }

  /** Stops reading: the PBX has to wait. Deadlines of actions go on; the half-open check rests. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Says goodbye and ends the connection; pending actions are rejected with `ami/closed`. */
  close(): void {
    if (this.#end !== undefined) return;
    this.#socket.end(encodeAction({ Action: "Logoff" }, this.#nextId()));
    this.#finish(new AmiError("ami/closed"));
    // a PBX that reads no more must not keep our process alive
    this.#socket.setTimeout(GOODBYE_MS, () => this.#socket.destroy());
  }

  /** Ends the connection at once; pending actions are rejected with `ami/link-lost`. */
  abandon(reason: AmiError): void {
    if (this.#end !== undefined) return;
    this.#socket.destroy();
    this.#finish(reason);
  }

  async #login(): Promise<void> {
    const { username, secret, timing } = this.#options;
    const fields = { Action: "Login", Username: username, Secret: secret, Events: "off" };
    try {
      await this.action(fields, { deadlineMs: timing.loginMs });
    } catch (error) {
      if (!(error instanceof AmiError) || !("said" in error.context)) throw error;
      throw new AmiError("ami/authentication-failed", { username, said: error.context["said"] ?? "" });
    }
  }

  #send(
    fields: ActionFields,
    answeredBy: "response" | "list",
    { deadlineMs = this.#options.timing.actionMs }: ActionOptions = {},
  ): Promise<Answer> {
    const action = actionName(fields);
    if (this.#end !== undefined) throw new AmiError("ami/not-connected", { action }, this.#end);
    const id = this.#nextId();
    const text = encodeAction(fields, id);
    const answer = this.#pending.add(id, action, answeredBy, deadlineMs);
    this.#socket.write(text);
    return answer;
  }

  #nextId(): string {
    return `${this.#idPrefix}-${++this.#lastId}`;
  }

  #isWanted(eventName: string): boolean {
    const { kinds, counters } = this.#options;
    // the events of a list are not told apart by their names
    if (kinds === "all" || kinds.has(eventName) || this.#pending.awaitsList) return true;
    counters.skippedEvents++;
    return false;
  }

  #hear(chunk: Uint8Array): void {
    this.#chunksHeard++;
    this.#lastHeardAt = this.#options.clock.now();
    for (const packet of this.#splitter.push(chunk)) {
      if (this.#end !== undefined) return;
      this.#dispatch(packet);
    }
  }

  #dispatch(packet: AmiPacket): void {
    const { kinds, counters, onPacket } = this.#options;
    const { event } = packet;
    if (event === undefined) {
      if (!this.#pending.takeResponse(packet)) counters.strayResponses++;
    } else if (!this.#pending.takeListEvent(packet) && (kinds === "all" || kinds.has(event))) {
      counters.deliveredEvents++;
      onPacket(packet);
    }
  }

  #schedulePing(): void {
    if (this.#end !== undefined) return;
    this.#pingTimer = setTimeout(() => void this.#ping(), this.#options.timing.pingEveryMs);
  }

  /** A link that was cut without a word looks open for hours; only an answer proves it. Any byte counts as one. */
  async #ping(): Promise<void> {
    if (!this.#socket.isPaused()) {
      const heardBefore = this.#chunksHeard;
      try {
        await this.action({ Action: "Ping" }, { deadlineMs: this.#options.timing.pingAnswerMs });
      } catch {
        // After our own process was busy for long, timers fire before the socket is read: let it be read first.
        await setImmediate();
        const isSilent = this.#chunksHeard === heardBefore && !this.#socket.isPaused();
        if (isSilent) this.abandon(new AmiError("ami/half-open"));
      }
    }
    this.#schedulePing();
  }

  #finish(reason: AmiError): void {
    this.#end = reason;
    clearTimeout(this.#pingTimer);
    const code = reason.code === "ami/closed" ? reason.code : "ami/link-lost";
    this.#pending.rejectAll((action) => new AmiError(code, { action }, reason));
    this.#tellClosed(reason);
  }
}
