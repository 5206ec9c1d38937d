/**
 * The commands the person gave and what became of them. Each keeps its id for life, so that it may be sent again after a
 * lost link and is still one command for the service.
 */
import type { CommandOutcome, PanelCommand, PanelRequest } from "../../src/panel/protocol.ts";
import type { Stop } from "./panel-link.ts";

/** `not-sent`: the link was down and the service never heard of it. */
export type CommandEnd = Exclude<CommandOutcome, { state: "sent" }> | { readonly state: "not-sent" };

export interface CommandPorts {
  /** False when there is no live link; nothing was sent then. */
  transmit(request: PanelRequest): boolean;
  after(milliseconds: number, act: () => void): Stop;
  /** Called exactly once for each command. */
  ended(id: string, command: PanelCommand, end: CommandEnd): void;
}

/** The service ends every command by itself; these are for an answer that was lost on the way. */
const UNHEARD_MS = 90_000;
/** A command that was sent to the PBX lasts as long as phones ring: MikoPBX lets a client's ring for 600 s. */
const SENT_MS = 12 * 60_000;

interface Running {
  readonly command: PanelCommand;
  readonly deadline: Stop;
}

export class Commands {
  readonly #ports: CommandPorts;
  readonly #running = new Map<string, Running>();

  constructor(ports: CommandPorts) {
    this.#ports = ports;
  }

  /** `id` is new and the caller's: what became of the command is told under it, perhaps before this returns. */
  give(id: string, command: PanelCommand): void {
    this.#running.set(id, { command, deadline: this.#deadline(id, UNHEARD_MS) });
    if (!this.#ports.transmit({ type: "command", id, command })) this.#end(id, { state: "not-sent" });
  }

  takeOutcome(id: string, outcome: CommandOutcome): void {
    const running = this.#running.get(id);
    if (outcome.state !== "sent") this.#end(id, outcome);
    else if (running) {
      running.deadline();
      this.#running.set(id, { command: running.command, deadline: this.#deadline(id, SENT_MS) });
    }
  }

  /** The link is back: the service may never have seen the last ones. */
  repeatAll(): void {
    for (const [id, { command }] of this.#running) this.#ports.transmit({ type: "command", id, command });
  }

  close(): void {
    for (const { deadline } of this.#running.values()) deadline();
    this.#running.clear();
  }

  #deadline(id: string, milliseconds: number): Stop {
    return this.#ports.after(milliseconds, () => this.#end(id, { state: "timed-out" }));
  }

  #end(id: string, end: CommandEnd): void {
    const running = this.#running.get(id);
    if (!running) return; // ended before: the answer to a repeated command comes twice
    this.#running.delete(id);
    running.deadline();
    this.#ports.ended(id, running.command, end);
  }
}
