import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import type { ActionFields } from "./action.ts";
import { AmiError, type AmiErrorCode } from "./ami-error.ts";
import { type ActionOptions, AMI_TIMING, AmiConnection, type AmiCounters, type AmiTiming } from "./connection.ts";
import type { AmiPacket } from "./packet.ts";
import { retryDelay } from "./retry-delay.ts";
import type { AmiEndpoint } from "./socket.ts";

export interface AmiSessionOptions extends AmiEndpoint {
  readonly username: string;
  readonly secret: string;
  /** What the PBX is asked to send: "on", or classes as "call,reporting,agent,user,system". */
  readonly eventMask: string;
  /** The events that are delivered; all others are skipped before anything is built of them. */
  readonly kinds: ReadonlySet<string> | "all";
  readonly clock: Clock;
  readonly timing?: Partial<AmiTiming>;
  /** Spreads the retries of several services; from 0 to 1. */
  readonly random?: () => number;
}

/**
 * ```
 * connecting ──► up ──► down ──► up …
 *      └───────► down ──┘
 * ```
 * `down` lasts over all the attempts that fail for the same reason and is told once; a new reason is told anew.
 */
export type AmiState =
  | { readonly state: "connecting" }
  /**
   * Events follow from now on, the first of them after every listener has heard this. Whoever keeps a picture of the
   * PBX takes a snapshot now (`list`) and applies the events that come meanwhile on top of it.
   * `missedSince`: epoch ms of the last sign of life before the gap; null when this is the first connection.
   */
  | { readonly state: "up"; readonly missedSince: number | null; readonly greeting: string }
  | { readonly state: "down"; readonly error: AmiError };

/** A connection that has held for so long is no part of a row of failures. */
const STABLE_MS = 10_000;

/**
 * A lasting login at one PBX: one connection after another, never two at a time, with growing pauses between failures.
 * Events and states go to listeners; actions are answered by promises that always settle: by the PBX, by a deadline,
 * or by the loss of the link. Nothing is sent twice.
 *
 * ```ts
 * await using session = new AmiSession({ host, port: 5038, username, secret, eventMask: "call,user", kinds, clock });
 * session.onPacket((event) => console.log(event.get("Event"), event.get("Channel")));
 * session.onState(async (state) => {
 *   if (state.state === "up") console.log((await session.list({ Action: "CoreShowChannels" })).length);
 * });
 * session.start();
 * ```
 */
export class AmiSession implements AsyncDisposable {
  /** Running totals for the metrics. */
  readonly counters: Readonly<AmiCounters>;
  readonly #counters: AmiCounters = {
    connections: 0,
    deliveredEvents: 0,
    skippedEvents: 0,
    refusedPackets: 0,
    strayResponses: 0,
  };
  readonly #options: AmiSessionOptions;
  readonly #packets = new Listeners<AmiPacket>();
  readonly #states = new Listeners<AmiState>();
  readonly #refusals = new Listeners<AmiError>();
  readonly #stop = new AbortController();
  #connection: AmiConnection | undefined;
  #state: AmiState = { state: "connecting" };
  #running: Promise<void> | undefined;
  /** Of the connections that were up. */
  #lastHeardAt: number | null = null;
  #pauses = 0;

  constructor(options: AmiSessionOptions) {
    this.#options = options;
    this.counters = this.#counters;
  }

  get state(): AmiState {
    return this.#state;
  }

  /** Begins to connect. Failures are told to `onState`, never thrown. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Each event of the subscribed kinds, in the order of the wire, called at once: a slow listener slows the reading. */
  onPacket(listener: (event: AmiPacket) => void): Disposable {
    return this.#packets.add(listener);
  }

  onState(listener: (state: AmiState) => void): Disposable {
    return this.#states.add(listener);
  }

  /** Each packet that was left out as too long or unreadable. */
  onRefused(listener: (error: AmiError) => void): Disposable {
    return this.#refusals.add(listener);
  }

  /**
   * Sends one action and waits for its response, which is not its effect.
   * @throws AmiError `ami/not-connected` (nothing was sent), `ami/no-answer` or `ami/link-lost` (it may have happened),
   * `ami/permission-denied`, `ami/unknown-action`, `ami/rejected` (it did not), `ami/bad-action` (it cannot be written)
   */
  async action(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket> {
    return this.#connected().action(fields, options);
  }

  /** Sends an action whose answer is a list of events, and gathers them. @throws AmiError as `action` does */
  async list(fields: ActionFields, options?: ActionOptions): Promise<AmiPacket[]> {
    return this.#connected().list(fields, options);
  }

  /**
   * Stops reading until disposed, so that a reader who cannot keep up makes the PBX wait instead of filling our memory.
   * Answers are not read either. A link that drops meanwhile is replaced, and the new one waits likewise.
   */
  pause(): Disposable {
    if (++this.#pauses === 1) this.#connection?.pause();
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (!held) return;
        held = false;
        if (--this.#pauses === 0) this.#connection?.resume();
      },
    };
  }

  /** Logs off and stops for good. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    this.#connection?.close();
    await this.#running;
  }

  #connected(): AmiConnection {
    if (this.#stop.signal.aborted) throw new AmiError("ami/closed");
    if (this.#connection === undefined) throw new AmiError("ami/not-connected");
    return this.#connection;
  }

  async #run(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    let lastCode: AmiErrorCode | undefined;
    this.#tell({ state: "connecting" });
    while (!signal.aborted) {
      let upSince: number | undefined;
      const error = await this.#connectOnce((greeting) => {
        upSince = clock.now();
        this.#tell({ state: "up", missedSince: this.#lastHeardAt, greeting });
      });
      if (signal.aborted) return;
      if (upSince !== undefined && clock.now() - upSince >= STABLE_MS) failures = 0;
      // another trouble is another row: a PBX that starts up is unreachable, then drops us, then takes us
      failures = error.code === lastCode ? failures + 1 : 1;
      lastCode = error.code;
      if (this.#state.state !== "down" || this.#state.error.code !== error.code) this.#tell({ state: "down", error });
      await wait(retryDelay(failures, error.code, random()), undefined, { signal }).catch(() => undefined); // aborted: the loop sees it
    }
  }

  /** One connection from its first byte to its last. Resolves with why it ended. */
  async #connectOnce(tellUp: (greeting: string) => void): Promise<AmiError> {
    const { timing, eventMask, ...options } = this.#options;
    try {
      const connection = await AmiConnection.open(
        {
          ...options,
          timing: { ...AMI_TIMING, ...timing },
          counters: this.#counters,
          onPacket: (event) => this.#packets.tell(event),
          onRefused: (error) => this.#refusals.tell(error),
        },
        this.#stop.signal,
      );
      this.#connection = connection;
      // Written before anybody can ask for a snapshot, so that no event falls between the two (capture m22-reconnect).
      connection.action({ Action: "Events", EventMask: eventMask }).then(
        () => this.#pauses > 0 && connection.pause(),
        // while nothing is read, no answer is no sign
        (error: AmiError) => this.#pauses === 0 && connection.abandon(error),
      );
      tellUp(connection.greeting);
      const error = await connection.closed;
      this.#lastHeardAt = connection.lastHeardAt;
      return error;
    } catch (error) {
      if (error instanceof AmiError) return error;
      throw error;
    } finally {
      this.#connection = undefined;
    }
  }

  #tell(state: AmiState): void {
    this.#state = state;
    this.#states.tell(state);
  }
}
