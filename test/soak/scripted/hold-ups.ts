/**
 * How long the machine made everybody wait: phones, Asterisk and the listener share its cores, with whatever else runs
 * there. A moment is dated by a phone when it acts and by the PBX when it gets to run, and by so much they may differ.
 */
import { setTimeout as pause } from "node:timers/promises";
import { AmiError } from "../../../src/ami/ami-error.ts";
import { AmiSession } from "../../../src/ami/session.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import type { Lab } from "../../lab/lab.ts";

const PROBE_EVERY_MS = 50;
/** An idle PBX answers a ping within this. */
const AT_ONCE_MS = 5;

interface HoldUp {
  readonly at: number;
  readonly ms: number;
}

/** Asks the PBX for a sign of life again and again until it is disposed of, and remembers how long each one took. */
export class HoldUps implements AsyncDisposable {
  readonly #session: AmiSession;
  readonly #seen: HoldUp[] = [];
  readonly #probing: Promise<void>;
  #isOver = false;

  constructor({ ami }: Pick<Lab, "ami">) {
    this.#session = new AmiSession({ ...ami, eventMask: "off", kinds: new Set(), clock: systemClock });
    this.#session.start();
    this.#probing = this.#probe();
  }

  /** Seconds for which everybody waited between two moments, epoch milliseconds. */
  between(from: number, until: number): number {
    const held = this.#seen.filter(({ at, ms }) => at < until && at + ms > from);
    return held.reduce((total, { ms }) => total + ms, 0) / 1000;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#probing;
    await this.#session[Symbol.asyncDispose]();
  }

  async #probe(): Promise<void> {
    while (!this.#isOver) {
      const at = Date.now();
      const due = at + PROBE_EVERY_MS;
      await pause(PROBE_EVERY_MS);
      await this.#sign();
      const late = Date.now() - due;
      if (late > AT_ONCE_MS) this.#seen.push({ at, ms: late });
    }
  }

  async #sign(): Promise<void> {
    try {
      await this.#session.action({ Action: "Ping" });
    } catch (error) {
      // Before the link is up there is nothing to measure.
      if (!(error instanceof AmiError && error.code === "ami/not-connected")) throw error;
    }
  }
}
