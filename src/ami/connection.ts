import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { type ActionFields, actionName, encodeAction } from "./action.ts";
import { AmiError } from "./ami-error.ts";
import type { AmiPacket } from "./packet.ts";
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

/** A greeting is one short line; whatever sends more speaks something else. */
const MAX_GREETING_BYTES = 256;
const MAX_PENDING_ACTIONS = 1_000;
const MAX_LIST_EVENTS = 100_000;
const GOODBYE_MS = 1_000;

interface Pending {
  readonly name: string;
  /** The events of a list so far; undefined when a single response is the whole answer. */
  readonly list: AmiPacket[] | undefined;
  readonly resolve: (answer: { readonly response: AmiPacket; readonly list: AmiPacket[] }) => void;
  readonly reject: (error: AmiError) => void;
  readonly timer: NodeJS.Timeout;
  response?: AmiPacket;
}

/** One login at one PBX, from the greeting to the end of the socket. Knows actions and answers, not calls. */
export class AmiConnection {
  /** What the PBX called itself, "Asterisk Call Manager/11.0.0". */
  readonly greeting: string;
  /** Resolves with the reason when the connection is over; never rejects. */
  readonly closed: Promise<AmiError>;
  readonly #socket: Socket;
  readonly #options: AmiConnectionOptions;
  readonly #splitter: PacketSplitter;
  readonly #pending = new Map<string, Pending>();
  /** OriginateResponse shows our ActionIDs to all other programs at this PBX: they must not meet. */
  readonly #idPrefix = randomUUID().slice(0, 8);
  readonly #tellClosed: (error: AmiError) => void;
  #lastId = 0;
  #pendingLists = 0;
  #chunksHeard = 0;
  #pingTimer: NodeJS.Timeout | undefined;
  #end: AmiError | undefined;

  /**
   * Connects, reads the greeting, logs in with all events switched off: send `Events` when their reader is ready.
   * @throws AmiError
   */
  static async open(options: AmiConnectionOptions, signal: AbortSignal): Promise<AmiConnection> {
    const socket = await connectSocket(options, options.timing.connectMs, signal);
    const { greeting, rest } = await readGreeting(socket, options, signal);
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

  /** Sends an action and waits for its response. @throws AmiError when it is refused, not answered, or the link drops */
  async action(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket> {
    return (await this.#send(fields, undefined, options)).response;
  }

  /**
   * Sends an action that is answered by a list, and gathers the list: the events that carry its ActionID up to the one
   * with `EventList: Complete`, which is left out. Events of the stream are delivered meanwhile as always.
   * @throws AmiError
   */
  async list(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket[]> {
    return (await this.#send(fields, [], options)).list;
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
    list: AmiPacket[] | undefined,
    { deadlineMs = this.#options.timing.actionMs }: ActionOptions = {},
  ): Promise<{ readonly response: AmiPacket; readonly list: AmiPacket[] }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ response: AmiPacket; list: AmiPacket[] }>();
    const name = actionName(fields);
    if (this.#end !== undefined) throw new AmiError("ami/not-connected", { action: name }, this.#end);
    if (this.#pending.size >= MAX_PENDING_ACTIONS) throw new AmiError("ami/too-many-actions", { action: name });
    const id = this.#nextId();
    const text = encodeAction(fields, id);
    const timer = setTimeout(
      () => this.#settle(id, new AmiError("ami/no-answer", { action: name, deadlineMs })),
      deadlineMs,
    );
    this.#pending.set(id, { name, list, resolve, reject, timer });
    if (list !== undefined) this.#pendingLists++;
    this.#socket.write(text);
    return promise;
  }

  #nextId(): string {
    return `${this.#idPrefix}-${++this.#lastId}`;
  }

  #isWanted(eventName: string): boolean {
    const { kinds, counters } = this.#options;
    // the events of a list are not told apart by their names
    if (kinds === "all" || kinds.has(eventName) || this.#pendingLists > 0) return true;
    counters.skippedEvents++;
    return false;
  }

  #hear(chunk: Uint8Array): void {
    this.#chunksHeard++;
    for (const packet of this.#splitter.push(chunk)) {
      if (this.#end !== undefined) return;
      this.#dispatch(packet);
    }
  }

  #dispatch(packet: AmiPacket): void {
    const id = this.#pending.size === 0 ? undefined : packet.get("ActionID");
    const pending = id === undefined ? undefined : this.#pending.get(id);
    const event = packet.get("Event");
    if (event === undefined) {
      if (id === undefined || pending === undefined) this.#options.counters.strayResponses++;
      else this.#takeResponse(id, pending, packet);
    } else if (id !== undefined && pending?.list !== undefined) {
      this.#takeListEvent(id, pending, pending.list, packet);
    } else if (this.#options.kinds === "all" || this.#options.kinds.has(event)) {
      this.#options.counters.deliveredEvents++;
      this.#options.onPacket(packet);
    }
  }

  #takeResponse(id: string, pending: Pending, response: AmiPacket): void {
    const refusal = toRefusal(pending.name, response);
    pending.response = response;
    if (refusal !== undefined) this.#settle(id, refusal);
    else if (pending.list === undefined) this.#settle(id);
    else if (response.get("EventList")?.toLowerCase() === "start") pending.timer.refresh();
    else this.#settle(id, new AmiError("ami/not-a-list", { action: pending.name }));
  }

  #takeListEvent(id: string, { name, timer }: Pending, list: AmiPacket[], event: AmiPacket): void {
    switch (event.get("EventList")?.toLowerCase()) {
      case "complete":
        this.#settle(id);
        break;
      case "cancelled":
        this.#settle(id, new AmiError("ami/rejected", { action: name, said: "cancelled" }));
        break;
      default:
        timer.refresh();
        if (list.push(event) > MAX_LIST_EVENTS) {
          this.#settle(id, new AmiError("ami/list-too-long", { action: name, limit: MAX_LIST_EVENTS }));
        }
    }
  }

  #settle(id: string, error?: AmiError): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    this.#pending.delete(id);
    clearTimeout(pending.timer);
    if (pending.list !== undefined) this.#pendingLists--;
    if (error === undefined && pending.response !== undefined) {
      pending.resolve({ response: pending.response, list: pending.list ?? [] });
    } else {
      pending.reject(error ?? new AmiError("ami/not-a-list", { action: pending.name }));
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
    for (const [id, { name }] of this.#pending) {
      this.#settle(
        id,
        new AmiError(reason.code === "ami/closed" ? reason.code : "ami/link-lost", { action: name }, reason),
      );
    }
    this.#tellClosed(reason);
  }
}

/** Why the PBX refused, from its words, which are the same in all versions seen (16 to 22). */
function toRefusal(action: string, response: AmiPacket): AmiError | undefined {
  if (response.get("Response")?.toLowerCase() !== "error") return undefined;
  const said = response.get("Message") ?? "";
  if (said === "Permission denied") return new AmiError("ami/permission-denied", { action, said });
  if (said.startsWith("Invalid/unknown command")) return new AmiError("ami/unknown-action", { action, said });
  return new AmiError("ami/rejected", { action, said });
}

/** Reads the one line that a manager says first, and leaves the socket paused with what came after it. */
async function readGreeting(
  socket: Socket,
  { host, port, timing }: AmiConnectionOptions,
  signal: AbortSignal,
): Promise<{ greeting: string; rest: Uint8Array }> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timing.loginMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<{ greeting: string; rest: Uint8Array }>();
  let heard = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    const end = heard.indexOf("\r\n");
    if (end === -1 && heard.length <= MAX_GREETING_BYTES) return;
    const greeting = heard.toString("latin1", 0, end === -1 ? MAX_GREETING_BYTES : end);
    if (end === -1 || !greeting.startsWith("Asterisk Call Manager")) {
      reject(new AmiError("ami/not-an-ami", { host, port, said: JSON.stringify(greeting.slice(0, 40)) }));
    } else {
      resolve({ greeting, rest: heard.subarray(end + 2) });
    }
  };
  const onEnd = () => reject(new AmiError("ami/link-lost", { host, port, reason: "closed before its greeting" }));
  const onDeadline = () => reject(new AmiError(signal.aborted ? "ami/closed" : "ami/no-answer", { host, port }));
  const onError = () => undefined; // "close" follows, and tells; stays until the connection has its own
  socket.on("data", onData).on("close", onEnd).on("error", onError);
  deadline.addEventListener("abort", onDeadline);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.pause();
    socket.off("data", onData).off("close", onEnd);
    deadline.removeEventListener("abort", onDeadline);
  }
}
