import { createServer, type Server } from "node:net";
import type { Exchange } from "../exchange/exchange.ts";
import { type Action, actionTable, type Pbx } from "./actions.ts";
import { type Misbehaviour, WELL_BEHAVED } from "./misbehaviour.ts";
import { AmiSession, type AmiUser } from "./session.ts";

export interface SeenAction {
  readonly name: string;
  readonly username: string;
  readonly fields: Action;
}

/** The manager port: accepts logins and hands every event to all of them. */
export class AmiServer {
  readonly #server: Server;
  readonly #sessions = new Set<AmiSession>();
  readonly #exchange: Exchange;
  #misbehaviour: Misbehaviour = WELL_BEHAVED;
  /** Every action that arrived, in order, logins included. Tests look here for what a client really asked. */
  readonly seen: SeenAction[] = [];

  constructor(exchange: Exchange, pbx: Pbx, users: readonly AmiUser[]) {
    this.#exchange = exchange;
    const actions = actionTable(pbx);
    this.#server = createServer((socket) => {
      const session = new AmiSession(socket, {
        users,
        actions,
        misbehaviour: () => this.#misbehaviour,
        dropped: () => this.misbehave({ dropAfterNextAction: false, dropAfter: "" }),
        booted: () => {
          const up = Math.floor((Date.now() - exchange.startedAt.getTime()) / 1000);
          return [
            ["Uptime", up],
            ["LastReload", up],
          ];
        },
        onAction: (fields, username) => this.#note(fields, username),
        later: (milliseconds, action) => void exchange.later(milliseconds, action),
      });
      this.#sessions.add(session);
      socket.on("close", () => this.#sessions.delete(session));
    });
    exchange.listeners.add((event) => {
      for (const session of this.#sessions) session.deliver(event);
    });
  }

  /** Changes some faults and leaves the others. */
  misbehave(change: Partial<Misbehaviour>): void {
    this.#misbehaviour = { ...this.#misbehaviour, ...change };
  }

  get misbehaviour(): Misbehaviour {
    return this.#misbehaviour;
  }

  /** Cuts every connection now. */
  drop(): void {
    for (const session of this.#sessions) session.drop();
  }

  /** Names of the users that are logged in now. */
  get logins(): readonly string[] {
    return [...this.#sessions].flatMap((session) => (session.username === undefined ? [] : [session.username]));
  }

  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address ? address.port : port);
      });
    });
  }

  async close(): Promise<void> {
    this.#exchange.close();
    this.drop();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #note(fields: Action, username: string): void {
    this.seen.push({ name: fields.get("Action"), username, fields });
    // An emulator that runs for days must not grow without bound.
    if (this.seen.length > 5000) this.seen.splice(0, 1000);
  }
}
