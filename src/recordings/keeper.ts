/**
 * Brings recordings home: after a call has ended, finds its files, waits until the PBX has finished writing them, and
 * makes one mp3 in the cache. Goes on where it stopped after a restart.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Call } from "../calls/call.ts";
import type { Clock } from "../lib/clock.ts";
import { locate, type RecordingPlace } from "./locate.ts";
import type { Mp3Maker } from "./mp3-maker.ts";
import type { LostReason, Recording, RecordingStore } from "./recording.ts";

type Pending = Recording & { readonly state: "pending" };
type Settled = Exclude<Recording, Pending>;

/** The way home of one recording. */
interface Hunt {
  readonly over: Promise<void>;
  /** Somebody went on without it, as far as anybody remembers: those before a restart are taken to have. */
  late: boolean;
  /** What becomes of it is known, and is being kept. */
  isConcluding: boolean;
}

export interface KeeperOptions {
  readonly store: RecordingStore;
  readonly mp3: Pick<Mp3Maker, "make">;
  readonly clock: Clock;
  /** Where the mp3 files live. */
  readonly cacheDirectory: string;
  /** null: recordings of this PBX are not read. */
  readonly placeOf: (pbx: string) => RecordingPlace | null;
  readonly accountOf: (pbx: string) => string;
  /** How long a file may be late before it is called lost; MikoPBX converts minutes after the call. Milliseconds. */
  readonly patienceMs: number;
  /**
   * A recording is ready after somebody went on without it. Called before its state is kept, and again after a crash
   * in between: what it does must be durable and harmless to repeat. When it fails, all is tried again.
   */
  readonly onLate: (callId: string) => Promise<void>;
  /** Nothing more will change; the state is on disk. */
  readonly onSettled: (account: string, recording: Settled) => void;
  /** A failure that is nobody's verdict on the file (a full disk): it will be tried again. */
  readonly onTrouble: (callId: string, error: unknown) => void;
}

/** A file is whole when it has not grown between two looks this far apart. */
const QUIET_MS = 300;
const LONGEST_PAUSE_MS = 30_000;

/** Looks quickly at first: most files are whole within a second of the hang-up. */
export function pauseBeforeLook(look: number): number {
  return Math.min(QUIET_MS * 2 ** Math.max(0, look - 3), LONGEST_PAUSE_MS);
}

export class RecordingKeeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  readonly #hunts = new Map<string, Hunt>();
  readonly #stopping = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
    mkdirSync(options.cacheDirectory, { recursive: true, mode: 0o700 });
  }

  /** Takes up what waited when the service stopped. */
  async start(): Promise<void> {
    for (const { account, pbx, recording } of await this.#options.store.pending())
      this.#hunt(account, pbx, recording, true);
  }

  /** Call once for an ended call. Safe to repeat. */
  async keep(call: Call): Promise<void> {
    if (call.recordings.length === 0 || this.#options.placeOf(call.pbx) === null) return;
    if ((await this.#options.store.find(call.id)) !== undefined) return;
    const inOrder = [...call.recordings].sort((one, other) => one.startedAt - other.startedAt);
    const parts = [...new Set(inOrder.map(({ file }) => file))];
    const recording: Pending = { callId: call.id, state: "pending", parts, since: this.#options.clock.now() };
    const account = this.#options.accountOf(call.pbx);
    await this.#options.store.save(account, call.pbx, recording);
    this.#hunt(account, call.pbx, recording, false);
  }

  /**
   * Resolves when this call's recording is settled, or at `until` (epoch ms), with what is known then.
   * Who gets `pending` goes on without it, and is served by `onLate`.
   */
  async waitFor(callId: string, until: number): Promise<Recording | undefined> {
    const hunt = this.#hunts.get(callId);
    if (hunt !== undefined && !hunt.late) {
      const { promise: timeIsUp, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, Math.max(0, until - this.#options.clock.now()));
      await Promise.race([hunt.over, timeIsUp]);
      clearTimeout(timer);
      if (hunt.isConcluding) await hunt.over;
      else hunt.late = true;
    }
    return this.#options.store.find(callId);
  }

  /** File of a ready recording. */
  fileOf(recording: Recording & { readonly state: "ready" }): string {
    return join(this.#options.cacheDirectory, recording.mp3);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all([...this.#hunts.values()].map(({ over }) => over));
  }

  #hunt(account: string, pbx: string, recording: Pending, late: boolean): void {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const hunt: Hunt = { over, late, isConcluding: false };
    this.#hunts.set(recording.callId, hunt);
    void this.#bringHome(account, pbx, recording, hunt).finally(() => {
      this.#hunts.delete(recording.callId);
      resolve();
    });
  }

  /** Never rejects: trouble is told, and tried again. */
  async #bringHome(account: string, pbx: string, recording: Pending, hunt: Hunt): Promise<void> {
    const { store, onLate, onSettled, onTrouble } = this.#options;
    let sizes = "";
    for (let look = 0; !this.#stopping.signal.aborted; look++) {
      try {
        const settled = await this.#look(pbx, recording, (now) => {
          const quiet = now === sizes;
          sizes = now;
          return quiet;
        });
        if (settled !== undefined) {
          hunt.isConcluding = true;
          if (settled.state === "ready" && hunt.late) await onLate(recording.callId);
          await store.save(account, pbx, settled);
          onSettled(account, settled);
          return;
        }
      } catch (error) {
        onTrouble(recording.callId, error);
      }
      await pause(pauseBeforeLook(look), this.#stopping.signal);
    }
  }

  /** @param isQuiet told the sizes of all parts, says whether they were the same at the last look */
  async #look(
    pbx: string,
    { callId, parts, since }: Pending,
    isQuiet: (sizes: string) => boolean,
  ): Promise<Settled | undefined> {
    const place = this.#options.placeOf(pbx);
    if (place === null) return undefined; // until the settings name the directory again
    const lost = (reason: LostReason): Settled => ({ callId, state: "lost", reason });
    const files: string[] = [];
    const sizes: string[] = [];
    let absent = false;
    for (const part of parts) {
      const found = locate(part, place);
      if (found === "outside") return lost("outside-directory");
      if (found === "absent") absent = true;
      else {
        files.push(found.file);
        sizes.push(`${found.file} ${found.bytes}`);
      }
    }
    const late = this.#options.clock.now() - since > this.#options.patienceMs;
    if (absent && !late) return undefined;
    if (files.length === 0) return lost("not-found");
    if (!isQuiet(sizes.join("\n"))) return undefined;
    // Out of patience, the parts that came are better than none.
    const mp3 = `${callId}.mp3`;
    const made = await this.#options.mp3.make(files, join(this.#options.cacheDirectory, mp3));
    if (made.state === "made") return { callId, state: "ready", mp3, bytes: made.bytes };
    if (made.state === "silent") return { callId, state: "none" };
    // A file that is still being written may be unreadable for a while.
    return late || made.reason === "no-decoder" ? lost(made.reason) : undefined;
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", wake);
}
