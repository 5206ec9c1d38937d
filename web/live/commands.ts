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

/** The service ends every command by itself; this is for an answer that was lost on the way. */
const LONGEST_MS = 90_000;

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
    const deadline = this.#ports.after(LONGEST_MS, () => this.#end(id, { state: "timed-out" }));
    this.#running.set(id, { command, deadline });
    if (!this.#ports.transmit({ type: "command", id, command })) this.#end(id, { state: "not-sent" });
  }

  takeOutcome(id: string, outcome: CommandOutcome): void {
    if (outcome.state !== "sent") this.#end(id, outcome);
  }

  /** The link is back: the service may never have seen the last ones. */
  repeatAll(): void {
    for (const [id, { command }] of this.#running) this.#ports.transmit({ type: "command", id, command });
  }

  close(): void {
    for (const { deadline } of this.#running.values()) deadline();
    this.#running.clear();
  }

  #end(id: string, end: CommandEnd): void {
    const running = this.#running.get(id);
    if (!running) return; // ended before: the answer to a repeated command comes twice
    this.#running.delete(id);
    running.deadline();
    this.#ports.ended(id, running.command, end);
  }
}
