/**
 * The service as the browser's side meets it, for tests: serves the built panel under a strict policy, gives tickets, speaks the
 * panel's protocol as the test says. Knows no calls and no rules.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import type {
  CallNoteView,
  CommandOutcome,
  LiveState,
  Me,
  PanelCommand,
  PanelMessage,
  PanelRequest,
  RecentView,
  RefusalReason,
} from "../../src/panel/protocol.ts";
import { QUIET } from "./views.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".woff2": "font/woff2",
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

export class FakeService {
  me: Me = {
    userId: 504141,
    name: "Роман Ким",
    extension: "204",
    extensions: ["204"],
    mobile: null,
    department: "Отдел продаж",
    language: "ru",
    timeZone: "Europe/Moscow",
  };
  state: LiveState = QUIET;
  recent: readonly RecentView[] = [];
  /** What was said of calls, by their ids; of others nothing is known. */
  readonly notes = new Map<string, CallNoteView>();
  /** Questions for it. */
  readonly asked: PanelRequest[] = [];
  /** Answer of the next sign-ins, when not a welcome. */
  refusal: RefusalReason | null = null;
  /** Status of `POST /panel/session`. */
  sessionStatus = 200;
  readonly commands: { readonly id: string; readonly command: PanelCommand }[] = [];
  readonly signIns: PanelRequest[] = [];
  readonly requests: string[] = [];
  readonly tokens: (string | undefined)[] = [];
  /** Called with each command, after it was noted. */
  onCommand: (id: string, command: PanelCommand) => void = () => {};
  readonly #directory: string;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ server: this.#server, path: "/panel/socket" });
  #seq = 0;

  /** `directory` holds what `web/build.ts` made. */
  constructor(directory: string) {
    this.#directory = directory;
    this.#sockets.on("connection", (socket) => {
      socket.on("message", (text) => this.#take(socket, JSON.parse(String(text)) as PanelRequest));
    });
  }

  /** Its address, e.g. "http://localhost:41234". */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, resolve));
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.cut();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Breaks all links. */
  cut(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  /** Changes the state and tells the panels. */
  change(part: Partial<LiveState>): void {
    const changed = new Map(part.colleagues?.map((row) => [row.extension, row]));
    const colleagues = this.state.colleagues.map((row) => changed.get(row.extension) ?? row);
    this.state = { ...this.state, ...part, colleagues };
    this.#broadcast({ type: "change", seq: ++this.#seq, ...part });
  }

  outcome(id: string, outcome: CommandOutcome): void {
    this.#broadcast({ type: "outcome", id, outcome });
  }

  open(path: string): void {
    this.#broadcast({ type: "open", path });
  }

  #broadcast(message: PanelMessage): void {
    for (const socket of this.#sockets.clients) socket.send(JSON.stringify(message));
  }

  #take(socket: WebSocket, request: PanelRequest): void {
    const say = (message: PanelMessage) => socket.send(JSON.stringify(message));
    switch (request.type) {
      case "hello":
      case "resume":
        this.signIns.push(request);
        if (this.refusal) {
          say({ type: "refused", reason: this.refusal });
          socket.close();
          return;
        }
        say({ type: "welcome", session: "session-1", me: this.me, now: Date.now() });
        say(this.#snapshot());
        return;
      case "get-snapshot":
        say(this.#snapshot());
        return;
      case "get-call-note": {
        const note = this.notes.get(request.callId) ?? null;
        this.asked.push(request);
        say({ type: "call-note", callId: request.callId, note });
        return;
      }
      case "get-recent":
        say({ type: "recent", calls: this.recent });
        return;
      case "command":
        this.commands.push({ id: request.id, command: request.command });
        this.onCommand(request.id, request.command);
        return;
    }
  }

  #snapshot(): PanelMessage {
    return { type: "snapshot", seq: this.#seq, ...this.state };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    this.requests.push(`${request.method} ${path}`);
    if (path === "/panel/session") {
      response.setHeader("Access-Control-Allow-Origin", request.headers.origin ?? "null");
      response.setHeader("Access-Control-Allow-Headers", "X-Auth-Token, Content-Type");
      if (request.method === "OPTIONS") {
        response.writeHead(204).end();
        return;
      }
      this.tokens.push(request.headers["x-auth-token"]?.toString());
      response.writeHead(this.sessionStatus, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ ticket: `ticket-${this.tokens.length}` }));
      return;
    }
    const file = join(this.#directory, normalize(path.endsWith("/") ? `${path}index.html` : path));
    try {
      const body = await readFile(file);
      const headers = {
        "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
        "Cache-Control": path.includes("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
      };
      response.writeHead(200, { ...headers, "Content-Security-Policy": POLICY }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}
