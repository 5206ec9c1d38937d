/**
 * The mp3 files of ready recordings, within a quota and for so many days. What was heard longest ago makes room first, and
 * only when it can be had from the PBX again: a full cache is told, and loses nothing.
 */
import { mkdirSync, readdirSync } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import type { Mp3, Owned, Ready, Recording, RecordingStore } from "./recording.ts";

export interface CacheOptions {
  readonly store: RecordingStore;
  readonly directory: string;
  readonly quotaBytes: number;
  /** null: for ever. */
  readonly keepDays: number | null;
  /** Whether all of its parts can be had again. */
  readonly isAtSource: (pbx: string, recording: Recording) => Promise<boolean>;
  readonly clock: Clock;
  readonly onSwept: (sweep: Sweep) => void;
  readonly onTrouble: (error: unknown) => void;
}

export interface Sweep {
  /** In the cache now. */
  readonly bytes: number;
  /** Recordings that made room for others. */
  readonly evicted: number;
  /** Recordings that were erased for their age. */
  readonly expired: number;
  /** The quota is exceeded, by what can be had nowhere else. */
  readonly isOverfull: boolean;
}

const DAY_MS = 86_400_000;
const SWEEP_EVERY_MS = 10 * 60_000;
const PAGE = 100;
/** Asking the PBX for each of a million recordings whether it still has it would take all day. */
const MOST_ASKED = 2_000;

export class RecordingCache implements AsyncDisposable {
  readonly directory: string;
  readonly #options: CacheOptions;
  readonly #alarm = new Alarm();
  #isStopped = false;
  /** By the last sweep, and what has come since. */
  #bytes = 0;
  /** The last sweep found nothing that could leave: the next one may wait. */
  #isOverfull = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: CacheOptions) {
    this.#options = options;
    this.directory = options.directory;
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
  }

  /** Looks after the cache from now on. */
  async start(): Promise<void> {
    // What a crash has left of a download or of an encoding.
    const unfinished = readdirSync(this.directory).filter((file) => /\.(part|fetched)$/.test(file));
    await Promise.all(unfinished.map((file) => rm(join(this.directory, file), { force: true })));
    this.#running = this.#run();
  }

  /** A recording has come in. Counting all of them each time would cost more than it tells. */
  add({ bytes }: Mp3): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#options.quotaBytes && !this.#isOverfull) this.#alarm.ring();
  }

  fileOf({ file }: Mp3): string {
    return join(this.directory, file);
  }

  /** An administrator may have emptied the directory. */
  async holds(mp3: Mp3): Promise<boolean> {
    try {
      return (await stat(this.fileOf(mp3))).size === mp3.bytes;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
  }

  /** Erases what is too old, then makes room. Resolves when both are done. */
  async sweep(): Promise<Sweep> {
    const expired = await this.#expire();
    const { bytes, evicted } = await this.#makeRoom();
    return { bytes, evicted, expired, isOverfull: bytes > this.#options.quotaBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#alarm.ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        const sweep = await this.sweep();
        [this.#bytes, this.#isOverfull] = [sweep.bytes, sweep.isOverfull];
        this.#options.onSwept(sweep);
      } catch (error) {
        this.#options.onTrouble(error);
      }
      await this.#alarm.sleep(this.#isStopped ? 0 : SWEEP_EVERY_MS);
    }
  }

  async #expire(): Promise<number> {
    const { store, keepDays, clock } = this.#options;
    if (keepDays === null) return 0;
    const before = clock.now() - keepDays * DAY_MS;
    let expired = 0;
    for (;;) {
      const old = await store.olderThan(before, PAGE);
      for (const { account, pbx, recording } of old) {
        const { callId, parts, linkedids, since, mp3 } = recording;
        await this.#erase(mp3.file);
        await store.save(account, pbx, { callId, parts, linkedids, since, state: "lost", reason: "too-old" });
      }
      expired += old.length;
      if (old.length < PAGE) return expired;
    }
  }

  async #makeRoom(): Promise<{ bytes: number; evicted: number }> {
    const { store, quotaBytes } = this.#options;
    let bytes = await store.cachedBytes();
    let evicted = 0;
    for (let asked = 0, kept = 0; bytes > quotaBytes && asked < MOST_ASKED; ) {
      const page = await store.leastHeard(kept, PAGE);
      for (const one of page) {
        if (bytes <= quotaBytes || this.#isStopped) break;
        asked++;
        if (await this.#evict(one)) {
          bytes -= one.recording.mp3.bytes;
          evicted++;
        } else kept++;
      }
      if (page.length < PAGE || this.#isStopped) break;
    }
    return { bytes, evicted };
  }

  async #evict({ account, pbx, recording }: Owned<Ready>): Promise<boolean> {
    const { store, isAtSource } = this.#options;
    if (!(await isAtSource(pbx, recording))) return false;
    // That took a while, in which another part may have become known.
    const now = await store.find(recording.callId);
    if (now?.state !== "ready" || !now.isCached || now.parts.length !== recording.parts.length) return false;
    // Who listens just now goes on: the file is open.
    await this.#erase(recording.mp3.file);
    await store.save(account, pbx, { ...recording, isCached: false });
    return true;
  }

  #erase(file: string): Promise<void> {
    return rm(join(this.directory, file), { force: true });
  }
}
