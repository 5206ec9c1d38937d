/**
 * Many calls at once, from the hang-up to the note in the CRM and to the sound in Chromium. The same for the test and for
 * `script/bench notes`.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Page } from "playwright-core";
import type { Company } from "../../emulators/pbx/company.ts";
import { PRACTICE_COMPANY } from "../../emulators/pbx/company.ts";
import { callId } from "../../src/calls/call-id.ts";
import { type EmulatedPbx, startEmulatedPbx } from "../stage/emulated-pbx.ts";
import { Stage } from "../stage/stage.ts";

const MARIA = 504141;
/** Known clients of the practice company, each of whom calls a line of his own. */
const CLIENTS = ["79001234567", "79007654321", "79005550101", "79162223344", "74957770011"];
const TALK_MS = 800;
/** A talk of 0.8 s leaves a quarter of a minute of sound. */
const REPEATS = 18;
/** From one call of a line to its next: all lines together make three thousand in an hour. */
const CALL_EVERY_MS = 6_000;
const LOOK_EVERY_MS = 20;

export interface RecordingFigures {
  /** From the hang-up until the note stood in the CRM, ms, sorted. */
  readonly noteMs: readonly number[];
  /** From the hang-up until the note had its link, ms, sorted. */
  readonly linkMs: readonly number[];
  /** From the hang-up until Chromium could play the note's link through, ms, sorted. */
  readonly playMs: readonly number[];
  /** Lengths as Chromium tells them, seconds, sorted. */
  readonly seconds: readonly number[];
  /** How far from where it was sent each player was after seeking, seconds, sorted. */
  readonly seekErrors: readonly number[];
}

export const NOTE_P95_MS = 3_000;
export const PLAY_P95_MS = 10_000;

export function share(sorted: readonly number[], part: number): number {
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
}

export function inWords({ noteMs, linkMs, playMs, seconds }: RecordingFigures): string {
  const of = (sorted: readonly number[]) => `p50 ${share(sorted, 0.5)} ms, p95 ${share(sorted, 0.95)} ms`;
  return [
    `hang-up → note: ${of(noteMs)}`,
    `hang-up → its link: ${of(linkMs)}`,
    `hang-up → playable in Chromium: ${of(playMs)}`,
    `${noteMs.length} calls, ${CLIENTS.length} at once, ${share(seconds, 0.5).toFixed(0)} s of sound each\n`,
  ].join("\n");
}

/** Runs in the CRM's page: plays what is behind a link, seeks to near its end, and hears it out. */
const PLAY = `(async (url) => {
  const audio = new Audio();
  const on = (name) => new Promise((resolve, reject) => {
    audio.addEventListener(name, resolve, { once: true });
    audio.addEventListener("error", () => reject(new Error(audio.error.message)), { once: true });
  });
  audio.muted = true;
  audio.preload = "auto";
  const ready = on("canplay");
  audio.src = url;
  await ready;
  const at = Date.now();
  const wanted = audio.duration - 0.5;
  const sought = on("seeked");
  audio.currentTime = wanted;
  await sought;
  const seekError = Math.abs(audio.currentTime - wanted);
  const ended = on("ended");
  await audio.play();
  await ended;
  const seconds = audio.duration;
  // A page may have some dozens of players only.
  audio.removeAttribute("src");
  audio.load();
  return { at, seconds, seekError };
})`;

interface Played {
  readonly at: number;
  readonly seconds: number;
  readonly seekError: number;
}

/** @throws when a call has no note or no sound after a minute */
export async function measureRecordings(calls: number): Promise<RecordingFigures> {
  const company: Company = {
    ...PRACTICE_COMPANY,
    dids: Object.fromEntries(
      CLIENTS.map((_, at) => [didOf(at), { kind: "steps", steps: [{ to: String(201 + at), seconds: 20 }] }]),
    ),
  };
  const pbx = await startEmulatedPbx({ pace: 0.05, company, soundRepeats: REPEATS });
  await using stage = await Stage.start(pbx);
  const page = await stage.openCrm(MARIA, "/leads/");
  const watch = new NoteWatch(stage);
  const lanes = CLIENTS.map((client, lane) => {
    const count = Math.ceil((calls - lane) / CLIENTS.length);
    return callAgainAndAgain(pbx, { client, lane, count }, watch, page);
  });
  try {
    const measured = (await Promise.all(lanes)).flat();
    const sorted = (of: (one: Measured) => number) => measured.map(of).sort((one, other) => one - other);
    return {
      noteMs: sorted(({ endedAt, noteAt }) => noteAt - endedAt),
      linkMs: sorted(({ endedAt, linkAt }) => linkAt - endedAt),
      playMs: sorted(({ endedAt, played }) => played.at - endedAt),
      seconds: sorted(({ played }) => played.seconds),
      seekErrors: sorted(({ played }) => played.seekError),
    };
  } finally {
    watch.stop();
  }
}

interface Measured {
  readonly endedAt: number;
  readonly noteAt: number;
  readonly linkAt: number;
  readonly played: Played;
}

interface Lane {
  readonly client: string;
  readonly lane: number;
  readonly count: number;
}

/** The next call does not wait for the last one's note. */
async function callAgainAndAgain(pbx: EmulatedPbx, lane: Lane, watch: NoteWatch, page: Page): Promise<Measured[]> {
  const measured: Promise<Measured>[] = [];
  for (let call = 0; call < lane.count; call++) {
    const next = pause(CALL_EVERY_MS);
    const { id, endedAt } = await callOnce(pbx, lane);
    const measuring = measure(id, endedAt, watch, page);
    measuring.catch(() => {}); // told when all are awaited
    measured.push(measuring);
    await next;
  }
  return Promise.all(measured);
}

async function callOnce({ emulator }: EmulatedPbx, { client, lane }: Lane): Promise<{ id: string; endedAt: number }> {
  const linkedid = emulator.clientCalls({ from: client, did: didOf(lane) });
  const extension = String(201 + lane);
  const isAt = (state: string) => emulator.phone(extension).view.calls.some((call) => call.state === state);
  await emulator.waitFor(() => isAt("ringing"));
  emulator.phone(extension).answer();
  await emulator.waitFor(() => isAt("talking"));
  await pause(TALK_MS); // this is the talk
  emulator.clientHangsUp(linkedid);
  const endedAt = Date.now();
  await emulator.waitFor(() => emulator.phone(extension).view.calls.length === 0);
  return { id: callId("pbx", linkedid), endedAt };
}

async function measure(id: string, endedAt: number, watch: NoteWatch, page: Page): Promise<Measured> {
  const { noteAt, linkAt, link } = await watch.linkOf(id);
  const played = await page.evaluate<Played>(`${PLAY}(${JSON.stringify(link)})`);
  return { endedAt, noteAt, linkAt, played };
}

function didOf(lane: number): string {
  return `7495000900${lane + 1}`;
}

const PATIENCE_MS = 60_000;

interface SeenNote {
  readonly noteAt: number;
  /** null: it has no link yet. */
  linkAt: number | null;
  link: string;
}

/** Sees when notes come into the CRM, and when they get their links. */
class NoteWatch {
  readonly #stage: Stage;
  readonly #seen = new Map<string, SeenNote>();
  readonly #timer: NodeJS.Timeout;

  constructor(stage: Stage) {
    this.#stage = stage;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** @throws when there is none within a minute */
  async linkOf(call: string): Promise<{ noteAt: number; linkAt: number; link: string }> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await pause(LOOK_EVERY_MS)) {
      const { noteAt = 0, linkAt = null, link = "" } = this.#seen.get(call) ?? {};
      if (linkAt !== null) return { noteAt, linkAt, link };
    }
    throw new Error(`no note with a link for ${call}:\n${this.#stage.service.output.slice(-5_000)}`);
  }

  #look(): void {
    const now = Date.now();
    for (const { params } of this.#stage.crm.controls.account.notes.values()) {
      const call = String(params["uniq"] ?? "").split("/")[0] ?? "";
      const link = String(params["link"] ?? "");
      const seen = this.#seen.get(call) ?? { noteAt: now, linkAt: null, link };
      this.#seen.set(call, seen);
      if (link !== "" && seen.linkAt === null) [seen.linkAt, seen.link] = [now, link];
    }
  }
}
