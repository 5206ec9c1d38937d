/**
 * Commands that programs asked for, each under an id of theirs: it is run once whatever becomes of the answer, also over
 * a restart, and tells how it ended to whoever asks for it by the id.
 */
import { isDeepStrictEqual } from "node:util";
import type { PhoneCommand, PhoneOutcome } from "../control/command.ts";
import type { Employee } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { within } from "../lib/within.ts";
import type { CommandOrder, CommandPort } from "../panel/ports.ts";

/** Whose command it is. */
export interface Asker {
  readonly account: string;
  readonly employee: Employee;
}

export interface KeptCommand {
  readonly account: string;
  /** The asking employee's first one. */
  readonly extension: string;
  /** Chosen by the program; one employee has one command under it. */
  readonly id: string;
  readonly command: PhoneCommand;
  /** Of a dial the call that it makes; null when there is none. */
  readonly callId: string | null;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** The last one; null before the PBX has taken it. */
  readonly outcome: PhoneOutcome | null;
  /** null while it runs, and for ever when the service stopped meanwhile. */
  readonly endedAt: number | null;
}

export type CommandKey = Pick<KeptCommand, "account" | "extension" | "id">;

/** Implemented by `store/`. */
export interface CommandBookStore {
  /** Keeps a command that is about to be run, unless there is one under its id already: then that is given back. */
  begin(command: KeptCommand): Promise<KeptCommand | undefined>;
  /** Keeps what became of it. */
  settle(command: KeptCommand): Promise<void>;
  find(key: CommandKey): Promise<KeptCommand | undefined>;
  /** What was asked earlier is forgotten. */
  forgetBefore(at: number): Promise<void>;
}

export interface BookedCommand extends KeptCommand {
  /** It runs in this process. */
  readonly isUnderWay: boolean;
}

/** Knows which call a command that has just been begun is about. */
export interface CallFinder {
  callOf(order: Pick<CommandOrder, "account" | "employee" | "id">): string | null;
}

export interface CommandBookOptions {
  readonly store: CommandBookStore;
  readonly commands: CommandPort & CallFinder;
  readonly clock: Clock;
  readonly log: Log;
  /** Told how each command ended. */
  readonly onEnd: (command: PhoneCommand, outcome: PhoneOutcome) => void;
}

/** So long an id stays taken. */
const REMEMBERED_MS = 7 * 86_400_000;

interface UnderWay {
  kept: KeptCommand;
  /** All that was heard of it is kept. */
  keeping: Promise<void>;
  readonly over: PromiseWithResolvers<void>;
}

export class CommandBook implements Disposable {
  readonly #options: CommandBookOptions;
  /** Those that are being begun or run, by their keys; an id that turned out to be taken already gives the old one. */
  readonly #begun = new Map<string, Promise<UnderWay | KeptCommand>>();
  readonly #stopping = Promise.withResolvers<void>();

  constructor(options: CommandBookOptions) {
    this.#options = options;
  }

  /**
   * Runs a command, unless its id was asked with before: then nothing is run.
   * @returns undefined when the id belongs to another command
   */
  async ask(asker: Asker, id: string, command: PhoneCommand): Promise<BookedCommand | undefined> {
    const key = keyOf(asker, id);
    const name = JSON.stringify(key);
    const begun = this.#begun.get(name) ?? this.#begin(asker, { ...key, command }, name);
    this.#begun.set(name, begun);
    const booked = toBooked(await settledDown(begun));
    return isDeepStrictEqual(booked.command, command) ? booked : undefined;
  }

  /** @param waitMs so long its end is waited for */
  async find(asker: Asker, id: string, waitMs: number): Promise<BookedCommand | undefined> {
    const key = keyOf(asker, id);
    const begun = await this.#begun.get(JSON.stringify(key));
    if (begun === undefined || !("over" in begun)) {
      const kept = await this.#options.store.find(key);
      return kept && toBooked(kept);
    }
    await this.#wait(begun, waitMs);
    return toBooked(await settledDown(begun));
  }

  /** Whoever waits for an end is answered with what is known. */
  [Symbol.dispose](): void {
    this.#stopping.resolve();
  }

  async #begin(
    asker: Asker,
    asked: Pick<KeptCommand, "account" | "extension" | "id" | "command">,
    name: string,
  ): Promise<UnderWay | KeptCommand> {
    const { store, clock, commands } = this.#options;
    try {
      const askedAt = clock.now();
      const callId = "callId" in asked.command ? asked.command.callId : null;
      const kept: KeptCommand = { ...asked, callId, askedAt, outcome: null, endedAt: null };
      await store.forgetBefore(askedAt - REMEMBERED_MS);
      const earlier = await store.begin(kept);
      if (earlier !== undefined) {
        this.#begun.delete(name);
        return earlier;
      }
      const underWay: UnderWay = { kept, keeping: Promise.resolve(), over: Promise.withResolvers() };
      const order = { ...asker, id: asked.id, command: asked.command };
      commands.run(order, (outcome) => this.#hear(underWay, outcome, name));
      underWay.kept = { ...underWay.kept, callId: callId ?? commands.callOf(order) };
      return underWay;
    } catch (error) {
      this.#begun.delete(name);
      throw error;
    }
  }

  /** Nobody is told before it is kept. */
  #hear(underWay: UnderWay, outcome: PhoneOutcome, name: string): void {
    const { clock, onEnd } = this.#options;
    const endedAt = outcome.state === "sent" ? null : clock.now();
    if (endedAt !== null) onEnd(underWay.kept.command, outcome);
    underWay.keeping = underWay.keeping.then(() => this.#keep(underWay, { outcome, endedAt }, name));
  }

  async #keep(underWay: UnderWay, heard: Pick<KeptCommand, "outcome" | "endedAt">, name: string): Promise<void> {
    const { store, log } = this.#options;
    const kept = { ...underWay.kept, ...heard };
    const isOver = kept.endedAt !== null;
    try {
      await store.settle(kept);
      if (isOver) this.#begun.delete(name);
    } catch (error) {
      // Whoever asks is told from memory, as long as the service runs.
      log.error({ account: kept.account, error }, "how a command ended could not be kept");
    }
    underWay.kept = kept;
    if (isOver) underWay.over.resolve();
  }

  async #wait({ over }: UnderWay, ms: number): Promise<void> {
    if (ms === 0) return;
    await within(ms, Promise.race([over.promise, this.#stopping.promise]));
  }
}

function keyOf({ account, employee }: Asker, id: string): CommandKey {
  return { account, extension: employee.extensions[0] ?? "", id };
}

/** With all that has been heard of it until now. */
async function settledDown(
  begun: UnderWay | KeptCommand | Promise<UnderWay | KeptCommand>,
): Promise<UnderWay | KeptCommand> {
  const known = await begun;
  if ("over" in known) await known.keeping;
  return known;
}

function toBooked(known: UnderWay | KeptCommand): BookedCommand {
  return "over" in known ? { ...known.kept, isUnderWay: known.kept.endedAt === null } : { ...known, isUnderWay: false };
}
