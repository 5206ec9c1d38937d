import type { Socket } from "node:net";
import type { EventClass, PbxEvent } from "../exchange/announcer.ts";
import { type Line, packetText } from "../packet-text.ts";
import type { Action, ActionTable, Permission } from "./actions.ts";
import { type Misbehaviour, pretends } from "./misbehaviour.ts";

/** An AMI account: what it may see (`read`) and do (`write`). */
export interface AmiUser {
  readonly username: string;
  readonly secret: string;
  readonly read: readonly EventClass[];
  readonly write: readonly Permission[];
}

/** More than this without a blank line is no AMI client. */
const MAX_ACTION_BYTES = 64 * 1024;

export interface SessionParts {
  readonly users: readonly AmiUser[];
  readonly actions: ActionTable;
  readonly misbehaviour: () => Misbehaviour;
  /** The one-shot fault was used up. */
  readonly dropped: () => void;
  /** Lines of FullyBooted. */
  readonly booted: () => readonly Line[];
  readonly onAction: (action: Action, username: string) => void;
  readonly later: (milliseconds: number, action: () => void) => void;
}

/** One TCP connection to the manager port: reads actions, writes responses and the events it is allowed to see. */
export class AmiSession {
  readonly #socket: Socket;
  readonly #parts: SessionParts;
  readonly #decoder = new TextDecoder();
  #rest = "";
  #user: AmiUser | undefined;
  #mask: readonly EventClass[] | "on" | "off" = "on";
  /** Packets that wait to be sent in pieces, and the end of that line. */
  #outgoing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(socket: Socket, parts: SessionParts) {
    this.#socket = socket;
    this.#parts = parts;
    socket.setNoDelay(true);
    this.#write("Asterisk Call Manager/11.0.0\r\n");
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // A client that goes away abruptly is an everyday event for a PBX.
    socket.on("error", () => socket.destroy());
  }

  drop(): void {
    this.#socket.destroy();
  }

  get username(): string | undefined {
    return this.#user?.username;
  }

  deliver(event: PbxEvent): void {
    const user = this.#user;
    if (!user?.read.includes(event.eventClass)) return;
    if (this.#mask === "off" || (this.#mask !== "on" && !this.#mask.includes(event.eventClass))) return;
    const text = packetText(event.lines);
    this.#write(text);
    if (this.#parts.misbehaviour().duplicateEvents) this.#write(text);
  }

  // ---------------------------------------------------------------- in

  #read(chunk: Buffer): void {
    this.#rest += this.#decoder.decode(chunk, { stream: true });
    if (this.#rest.length > MAX_ACTION_BYTES) {
      this.#socket.destroy();
      return;
    }
    for (;;) {
      const end = /\r?\n\r?\n/.exec(this.#rest);
      if (!end) return;
      const block = this.#rest.slice(0, end.index);
      this.#rest = this.#rest.slice(end.index + end[0].length);
      if (block.trim() !== "") this.#perform(parseAction(block));
    }
  }

  #perform(action: Action): void {
    const misbehaviour = this.#parts.misbehaviour();
    if (misbehaviour.halfOpen) return;
    const name = action.get("Action");
    this.#parts.onAction(action, this.username ?? "");
    const isMeant = misbehaviour.dropAfter.toLowerCase() === name.toLowerCase();
    const drops = (misbehaviour.dropAfterNextAction || isMeant) && name.toLowerCase() !== "login";
    const reply = (lines: readonly Line[]): void => {
      if (!drops) this.#reply(action, lines);
    };
    if (name.toLowerCase() === "login") this.#login(action, reply);
    else if (!this.#user) {
      reply([
        ["Response", "Error"],
        ["Message", "Permission denied"],
      ]);
    } else this.#dispatch(name, action, this.#user, misbehaviour, reply);
    if (drops) {
      this.#parts.dropped();
      this.#socket.destroy();
    }
  }

  #dispatch(
    name: string,
    action: Action,
    user: AmiUser,
    misbehaviour: Misbehaviour,
    reply: (lines: readonly Line[]) => void,
  ): void {
    const may = (needs: readonly Permission[]): boolean =>
      needs.length === 0 || needs.some((one) => user.write.includes(one) && !misbehaviour.deniedClasses.includes(one));
    switch (name.toLowerCase()) {
      case "logoff":
        reply([
          ["Response", "Goodbye"],
          ["Message", "Thanks for all the fish."],
        ]);
        void this.#outgoing.then(() => this.#socket.end());
        return;
      case "events":
        this.#mask = maskOf(action.get("EventMask"));
        reply([
          ["Response", "Success"],
          ["Events", this.#mask === "off" ? "Off" : "On"],
        ]);
        return;
      case "listcommands":
        reply([
          ["Response", "Success"],
          ...this.#parts.actions
            .names(may)
            .map(
              (known): Line => [
                known,
                `Obeyed by the practice PBX.  (Priv: ${this.#parts.actions.needs(known).join(",") || "<none>"})`,
              ],
            ),
        ]);
        return;
      default:
    }
    const handler = this.#parts.actions.find(name);
    if (!handler) {
      reply([
        ["Response", "Error"],
        ["Message", `Invalid/unknown command: ${name}. Use Action: ListCommands to show available commands.`],
      ]);
    } else if (!may(handler.needs)) {
      reply([
        ["Response", "Error"],
        ["Message", "Permission denied"],
      ]);
    } else if (pretends(misbehaviour, name)) {
      reply([
        ["Response", "Success"],
        ["Message", handler.accepted ?? "Success"],
      ]);
    } else {
      handler.run({ action, reply, item: (lines) => this.#write(packetText(lines)) });
    }
  }

  #login(action: Action, reply: (lines: readonly Line[]) => void): void {
    const user = this.#parts.users.find(
      (one) => one.username === action.get("Username") && one.secret === action.get("Secret"),
    );
    if (!user) {
      reply([
        ["Response", "Error"],
        ["Message", "Authentication failed"],
      ]);
      this.#parts.later(
        this.#parts.misbehaviour().answerLateMs,
        () => void this.#outgoing.then(() => this.#socket.end()),
      );
      return;
    }
    reply([
      ["Response", "Success"],
      ["Message", "Authentication accepted"],
    ]);
    this.#user = user;
    this.#mask = maskOf(action.get("Events") || "on");
    if (user.read.includes("system") && this.#mask !== "off") {
      this.#write(
        packetText([
          ["Event", "FullyBooted"],
          ["Privilege", "system,all"],
          ...this.#parts.booted(),
          ["Status", "Fully Booted"],
        ]),
      );
    }
  }

  // ---------------------------------------------------------------- out

  /** A response: the ActionID stands right after the Response line, as a real manager writes it. */
  #reply(action: Action, [response, ...lines]: readonly Line[]): void {
    const id = action.get("ActionID");
    const text = packetText([
      ...(response ? [response] : []),
      ...(id === "" ? [] : [["ActionID", id] as const]),
      ...lines,
    ]);
    const { answerLateMs } = this.#parts.misbehaviour();
    if (answerLateMs > 0) this.#parts.later(answerLateMs, () => this.#write(text));
    else this.#write(text);
  }

  #write(text: string): void {
    const { halfOpen, chunkBytes } = this.#parts.misbehaviour();
    if (halfOpen || this.#socket.destroyed || !this.#socket.writable) return;
    const bytes = Buffer.from(text, "utf8");
    if (chunkBytes <= 0 && this.#waiting === 0) {
      this.#socket.write(bytes);
      return;
    }
    const size = chunkBytes > 0 ? chunkBytes : bytes.length;
    this.#waiting += 1;
    // One turn of the event loop between pieces, so that the kernel really sends them apart.
    this.#outgoing = this.#outgoing.then(async () => {
      for (let at = 0; at < bytes.length && !this.#socket.destroyed; at += size) {
        this.#socket.write(bytes.subarray(at, at + size));
        await new Promise((resolve) => setImmediate(resolve));
      }
      this.#waiting -= 1;
    });
  }
}

function maskOf(text: string): readonly EventClass[] | "on" | "off" {
  const wanted = text.trim().toLowerCase();
  if (wanted === "" || wanted === "off" || wanted === "0" || wanted === "no") return "off";
  if (wanted === "on" || wanted === "all" || wanted === "1" || wanted === "yes" || wanted === "true") return "on";
  return wanted.split(",").map((name) => name.trim()) as EventClass[]; // names of classes nobody has simply match nothing
}

/** Reads an action's lines; keys are matched whatever their case, a repeated key keeps all its values. */
export function parseAction(block: string): Action {
  const fields: [string, string][] = [];
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trimStart()]);
  }
  const all = (key: string): string[] =>
    fields.filter(([name]) => name === key.toLowerCase()).map(([, value]) => value);
  return { all, get: (key) => all(key)[0] ?? "" };
}
