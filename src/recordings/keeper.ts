/**
 * Brings recordings home: after a call has ended, finds its files, waits until the PBX has finished writing them,
 * makes one mp3 in the cache, and tells the outcome. Goes on where it stopped after a restart.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Call } from "../calls/call.ts";
import type { Clock } from "../lib/clock.ts";
import { Listeners } from "../lib/listeners.ts";
import { locate, type RecordingPlace } from "./locate.ts";
import type { Mp3Maker } from "./mp3-maker.ts";
import type { LostReason, Recording, RecordingStore } from "./recording.ts";

type Pending = Recording & { readonly state: "pending" };
type Settled = Exclude<Recording, Pending>;

export interface RecordingSettled {
  readonly account: string;
  readonly recording: Settled;
}

export interface KeeperOptions {
  readonly store: RecordingStore;
  readonly mp3: Pick<Mp3Maker, "make">;
  readonly clock: Clock;
  /** Where the mp3 files live. */
  readonly cacheDirectory: string;
  readonly placeOf: (pbx: string) => RecordingPlace;
  readonly accountOf: (pbx: string) => string;
  /** How long a file may be late before it is called lost; MikoPBX converts minutes after the call. Milliseconds. */
  readonly patienceMs: number;
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
  /** Told once for each recording, when nothing more will change. The state is on disk by then. */
  readonly settled = new Listeners<RecordingSettled>();
  readonly #options: KeeperOptions;
  readonly #hunts = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
    mkdirSync(options.cacheDirectory, { recursive: true, mode: 0o700 });
  }

  /** Takes up what waited when the service stopped. */
  async start(): Promise<void> {
    for (const { account, pbx, recording } of await this.#options.store.pending()) this.#hunt(account, pbx, recording);
  }

  /** Call once for an ended call. Safe to repeat. */
  async keep(call: Call): Promise<void> {
    if (call.recordings.length === 0 || (await this.#options.store.find(call.id)) !== undefined) return;
    const inOrder = [...call.recordings].sort((one, other) => one.startedAt - other.startedAt);
    const parts = [...new Set(inOrder.map(({ file }) => file))];
    const recording: Pending = { callId: call.id, state: "pending", parts, since: this.#options.clock.now() };
    const account = this.#options.accountOf(call.pbx);
    await this.#options.store.save(account, call.pbx, recording);
    this.#hunt(account, call.pbx, recording);
  }

  /** Resolves when this call's recording is settled, or when `ms` have passed; then with what is known. */
  async waitFor(callId: string, ms: number): Promise<Recording | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    await Promise.race([this.#hunts.get(callId), late]);
    clearTimeout(timer);
    return this.#options.store.find(callId);
  }

  /** File of a ready recording. */
  fileOf(recording: Recording & { readonly state: "ready" }): string {
    return join(this.#options.cacheDirectory, recording.mp3);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#hunts.values());
  }

  #hunt(account: string, pbx: string, recording: Pending): void {
    const hunt = this.#bringHome(account, pbx, recording).finally(() => this.#hunts.delete(recording.callId));
    this.#hunts.set(recording.callId, hunt);
  }

  async #bringHome(account: string, pbx: string, recording: Pending): Promise<void> {
    let sizes = "";
    for (let look = 0; !this.#stopping.signal.aborted; look++) {
      try {
        const settled = await this.#look(pbx, recording, (now) => {
          const quiet = now === sizes;
          sizes = now;
          return quiet;
        });
        if (settled !== undefined) {
          await this.#options.store.save(account, pbx, settled);
          this.settled.tell({ account, recording: settled });
          return;
        }
      } catch (error) {
        this.#options.onTrouble(recording.callId, error);
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
