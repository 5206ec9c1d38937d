/**
 * Brings recordings home: after a call has ended, looks for its parts at the PBX's sources, waits until they are whole,
 * and makes one mp3 in the cache. Goes on where it stopped after a restart.
 */
import type { Call, RecordingRef } from "../calls/call.ts";
import { Alarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { LostTime } from "../lib/lost-time.ts";
import { within } from "../lib/within.ts";
import { type Gathered, gather } from "./gather.ts";
import type { Mp3Maker } from "./mp3-maker.ts";
import type { LostReason, Pending, Recording, RecordingStore, Settled, WaitReason } from "./recording.ts";
import type { RecordingSource } from "./source.ts";

/** The way home of one recording. */
interface Hunt {
  readonly account: string;
  readonly pbx: string;
  readonly over: Promise<void>;
  /** In which nobody could look. */
  readonly lost: LostTime;
  /** Rings when there is a reason to look at once. */
  readonly alarm: Alarm;
  /** What is looked for now; another part may become known meanwhile. */
  pending: Pending;
  /** Somebody went on without it, as far as anybody remembers: those before a restart are taken to have. */
  late: boolean;
  /** What becomes of it is known, and is being kept. */
  isConcluding: boolean;
}

export interface KeeperOptions {
  readonly store: RecordingStore;
  readonly mp3: Pick<Mp3Maker, "make">;
  readonly clock: Clock;
  /** See `LostTime`. */
  readonly livedMs?: () => number;
  /** Where the mp3 files live. It is there. */
  readonly directory: string;
  /** The nearest first; none: recordings of this PBX are not read. */
  readonly sourcesOf: (pbx: string) => readonly RecordingSource[];
  readonly accountOf: (pbx: string) => string;
  /** How long a file may be late before it is called lost; MikoPBX converts minutes after the call. Milliseconds. */
  readonly patienceMs: number;
  /**
   * A recording is ready after somebody went on without it. Called before its state is kept, and again after a crash
   * in between: what it does must be durable and harmless to repeat. When it fails, all is tried again.
   */
  readonly onLate: (callId: string) => Promise<void>;
  /** Nothing more will change by itself; the state is on disk. */
  readonly onSettled: (account: string, recording: Settled) => void;
  /** A failure that is nobody's verdict on the recording (a full disk, an unmounted directory): it will be tried again. */
  readonly onTrouble: (pbx: string, callId: string, error: unknown) => void;
}

/** Who waits no longer than these looks need not be told why: each word of it is a write to the disk. */
const QUIET_LOOKS = 4;
/** A file is whole when it has not changed between two looks this far apart. */
const QUIET_MS = 300;
const LONGEST_PAUSE_MS = 30_000;

/** Looks quickly at first: most files are whole within a second of the hang-up. */
export function pauseBeforeLook(look: number): number {
  return Math.min(QUIET_MS * 2 ** Math.max(0, look - 3), LONGEST_PAUSE_MS);
}

export class RecordingKeeper implements AsyncDisposable {
  readonly #options: KeeperOptions;
  readonly #hunts = new Map<string, Hunt>();
  readonly #fetching = new Map<string, Promise<boolean>>();
  readonly #stopping = new AbortController();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** Takes up what waited when the service stopped. */
  async start(): Promise<void> {
    for (const { account, pbx, recording } of await this.#options.store.pending())
      if (!this.#hunts.has(recording.callId)) this.#hunt(account, pbx, recording, true);
  }

  /** Call for an ended call, and again when more of its recordings have become known. Safe to repeat. */
  async keep(call: Call): Promise<void> {
    const { store, clock, sourcesOf, accountOf } = this.#options;
    if (call.recordings.length === 0 || sourcesOf(call.pbx).length === 0) return;
    const hunt = this.#hunts.get(call.id);
    if (hunt?.isConcluding) await hunt.over;
    const known = await store.find(call.id);
    const parts = inOrder([...(known?.parts ?? []), ...call.recordings]);
    if (known !== undefined && parts.length === known.parts.length) return;
    const linkedids = [...new Set([...(known?.linkedids ?? []), ...call.linkedids])];
    const now = clock.now();
    const owner = { account: accountOf(call.pbx), pbx: call.pbx };
    await this.#seek(owner, { ...toPending(known, call.id, now), parts, linkedids });
  }

  /** Looks once more for a lost recording. @returns false when there is none */
  async retry(callId: string): Promise<boolean> {
    const { store, clock } = this.#options;
    const [known, owner] = [await store.find(callId), await store.ownerOf(callId)];
    if (known?.state !== "lost" || owner === undefined) return false;
    await this.#seek(owner, toPending(known, callId, clock.now()), true);
    return true;
  }

  /**
   * Resolves when this call's recording is settled, or `ms` after the call's end, with what is known then.
   * Who gets `pending` goes on without it, and is served by `onLate`.
   * @param endedAt epoch ms of the PBX's clock, which may be ahead of ours: an end that is yet to come is now
   */
  async waitFor(callId: string, endedAt: number, ms: number): Promise<Recording | undefined> {
    const hunt = this.#hunts.get(callId);
    if (hunt !== undefined && !hunt.late) {
      const passed = Math.max(0, this.#options.clock.now() - endedAt);
      await within(ms - passed, hunt.over);
      if (hunt.isConcluding) await hunt.over;
      else hunt.late = true;
    }
    return this.#options.store.find(callId);
  }

  /**
   * Makes the mp3 of a ready recording again, which has made room for others. Several who ask are served by one look.
   * @returns false when it cannot be had now
   */
  fetchAgain(callId: string): Promise<boolean> {
    const fetching = this.#fetching.get(callId) ?? this.#fetchAgain(callId);
    this.#fetching.set(callId, fetching);
    return fetching.finally(() => this.#fetching.delete(callId));
  }

  /** Whether all parts of a recording could be had again just now. */
  async isAtSource(pbx: string, { parts, linkedids }: Recording): Promise<boolean> {
    const isThere = async (source: RecordingSource, part: RecordingRef) => {
      const found = await source.find({ ...part, linkedids });
      return found !== "absent" && !("refused" in found);
    };
    for (const part of parts) {
      const answers = this.#options.sourcesOf(pbx).map((source) => isThere(source, part).catch(() => false)); // not now
      if (!(await Promise.all(answers)).includes(true)) return false;
    }
    return parts.length > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    for (const { alarm } of this.#hunts.values()) alarm.ring();
    await Promise.all([...this.#hunts.values()].map(({ over }) => over));
    await Promise.allSettled(this.#fetching.values());
  }

  async #seek({ account, pbx }: { account: string; pbx: string }, pending: Pending, late = false): Promise<void> {
    const { callId } = pending;
    await this.#options.store.save(account, pbx, pending);
    let hunt = this.#hunts.get(callId);
    for (; hunt?.isConcluding; hunt = this.#hunts.get(callId)) await hunt.over;
    if (hunt === undefined) this.#hunt(account, pbx, pending, late || pending.meanwhile !== null);
    else {
      hunt.pending = pending;
      hunt.alarm.ring();
    }
  }

  #hunt(account: string, pbx: string, pending: Pending, late: boolean): void {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const { clock, livedMs } = this.#options;
    const lost = new LostTime(clock, livedMs);
    const hunt: Hunt = { account, pbx, over, lost, alarm: new Alarm(), pending, late, isConcluding: false };
    this.#hunts.set(pending.callId, hunt);
    void this.#bringHome(hunt).finally(() => {
      this.#hunts.delete(pending.callId);
      resolve();
    });
  }

  /** Never rejects: trouble is told, and tried again. */
  async #bringHome(hunt: Hunt): Promise<void> {
    const { onTrouble } = this.#options;
    const { callId } = hunt.pending;
    let told = "";
    const isQuiet = quietness();
    for (let look = 0; !this.#stopping.signal.aborted; look++) {
      try {
        if (await this.#lookOnce(hunt, look, isQuiet)) return;
      } catch (error) {
        hunt.isConcluding = false;
        const message = error instanceof Error ? error.message : String(error);
        if (message !== told && !this.#stopping.signal.aborted) onTrouble(hunt.pbx, callId, error); // once, not at each look
        told = message;
        await this.#noteWait(hunt, "trouble").catch(() => {}); // the store may be the trouble itself, which was told
      }
      await hunt.alarm.sleep(this.#stopping.signal.aborted ? 0 : pauseBeforeLook(look));
    }
  }

  /** @returns true when it is settled */
  async #lookOnce(hunt: Hunt, look: number, isQuiet: (signs: string) => boolean): Promise<boolean> {
    const { store, sourcesOf, patienceMs, clock, onLate, onSettled } = this.#options;
    const { pending, account, pbx } = hunt;
    const isLastLook = clock.now() - pending.soughtSince - hunt.lost.ms > patienceMs;
    const sources = sourcesOf(pbx);
    if (sources.length === 0) return false; // until the settings name one again
    const gathered = await this.#gather(pbx, pending, isLastLook, isQuiet);
    if (hunt.pending !== pending) return false; // another part has become known meanwhile
    const settled = conclude(pending, gathered, isLastLook);
    if (settled === undefined) {
      if (look >= QUIET_LOOKS) await this.#noteWait(hunt, gathered.state === "waits" ? gathered.reason : null);
      return false;
    }
    hunt.isConcluding = true;
    if (settled.state === "ready" && hunt.late) await onLate(pending.callId);
    await store.save(account, pbx, settled);
    onSettled(account, settled);
    return true;
  }

  #gather(pbx: string, recording: Recording, isLastLook: boolean, isQuiet: (signs: string) => boolean) {
    const { mp3, directory, clock, sourcesOf } = this.#options;
    const { callId, parts, linkedids, since } = recording;
    const sought = parts.map((part) => ({ ...part, linkedids }));
    const ageMs = clock.now() - since;
    const sources = sourcesOf(pbx);
    return gather(`${callId}.mp3`, sought, { sources, mp3, directory, ageMs, isLastLook, isQuiet });
  }

  async #noteWait(hunt: Hunt, waitsFor: WaitReason | null): Promise<void> {
    if (hunt.pending.waitsFor === waitsFor) return;
    const noted = { ...hunt.pending, waitsFor };
    hunt.pending = noted;
    await this.#options.store.save(hunt.account, hunt.pbx, noted);
  }

  async #fetchAgain(callId: string): Promise<boolean> {
    const { store, onTrouble } = this.#options;
    const [recording, owner] = [await store.find(callId), await store.ownerOf(callId)];
    if (recording?.state !== "ready" || owner === undefined) return false;
    try {
      // Nobody writes any more; and what could be heard before is not given for less.
      const made = await this.#gather(owner.pbx, recording, true, () => true);
      if (made.state !== "made" || made.missing > recording.missing) return false;
      await store.save(owner.account, owner.pbx, { ...recording, mp3: made.mp3, isCached: true });
      return true;
    } catch (error) {
      onTrouble(owner.pbx, callId, error);
      return false;
    }
  }
}

/** @returns undefined: not yet */
function conclude(pending: Pending, gathered: Gathered, isLastLook: boolean): Settled | undefined {
  const { callId, parts, linkedids, since } = pending;
  const common = { callId, parts, linkedids, since };
  const lost = (reason: LostReason): Settled =>
    // What was heard until now goes on to be heard.
    pending.meanwhile === null
      ? { ...common, state: "lost", reason }
      : { ...common, state: "ready", mp3: pending.meanwhile, missing: 1, isCached: true };
  switch (gathered.state) {
    case "made":
      return { ...common, state: "ready", mp3: gathered.mp3, missing: gathered.missing + gathered.cut, isCached: true };
    case "silent":
      return { ...common, state: "none" };
    case "refused":
      return lost(gathered.reason);
    case "waits":
      // A file that is still being written may be unreadable for a while, and a decoder may be installed.
      if (!isLastLook || gathered.reason === "being-written" || gathered.reason === "trouble") return undefined;
      return lost(gathered.reason);
  }
}

function toPending(known: Recording | undefined, callId: string, now: number): Pending {
  const { parts = [], linkedids = [], since = now } = known ?? {};
  const meanwhile =
    known?.state === "ready" && known.isCached ? known.mp3 : known?.state === "pending" ? known.meanwhile : null;
  return { callId, parts, linkedids, since, state: "pending", soughtSince: now, waitsFor: null, meanwhile };
}

/** Each file once: live events and call records tell of the same ones. */
function inOrder(parts: readonly RecordingRef[]): RecordingRef[] {
  const byFile = new Map<string, RecordingRef>();
  for (const { file, startedAt } of parts) if (!byFile.has(file)) byFile.set(file, { file, startedAt });
  return [...byFile.values()].sort((one, other) => one.startedAt - other.startedAt);
}

/** Says of each look whether it has found the same as the one before. */
function quietness(): (signs: string) => boolean {
  let before = "";
  return (signs) => {
    const isSame = signs === before;
    before = signs;
    return isSame;
  };
}
