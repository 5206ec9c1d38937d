/** A hub with its panels over real sockets, before a service that does what a test says. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket } from "ws";
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import type { PhoneOutcome } from "../control/command.ts";
import { createLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { CallWordPort, SaidWord } from "./call-words.ts";
import { client, FakeLive, NOW, panelAccount } from "./company.testing.ts";
import { type HubLimits, PanelHub } from "./hub.ts";
import type { CommandOrder } from "./ports.ts";
import type { PanelMessage, PanelRequest } from "./protocol.ts";
import { PanelSessions } from "./sessions.ts";

/** Where the panel's page is from. */
export const ORIGIN = "https://pbx.example.org";

export class HubStage implements AsyncDisposable {
  readonly live = new FakeLive();
  readonly metrics = createMetrics();
  readonly sessions = new PanelSessions({ now: () => NOW });
  readonly hub: PanelHub;
  /** Commands that were handed on. */
  readonly orders: { readonly order: CommandOrder; readonly tell: (outcome: PhoneOutcome) => void }[] = [];
  /** What the CRM knows, by account and number. */
  readonly known = new Map<string, readonly Client[]>([["main/79161234567", [client]]]);
  lookUp = async (phone: string): Promise<readonly Client[]> => this.known.get(phone) ?? [];
  create = async (_phone: string): Promise<Client> => ({ ...client, id: 99 });
  lastOf: (account: string, extensions: readonly string[]) => readonly Call[] = () => [];
  /** Calls of which something may be said, and what was. */
  readonly spoken = new Map<string, Call>();
  readonly said = new Map<string, SaidWord>();
  readonly words: Parameters<CallWordPort["say"]>[] = [];
  readonly logged: string[] = [];
  readonly #stack = new AsyncDisposableStack();
  readonly #server: Server = createServer();

  static async open(limits: Partial<HubLimits> = {}): Promise<HubStage> {
    const stage = new HubStage(limits);
    stage.#server.listen(0, "127.0.0.1");
    await once(stage.#server, "listening");
    return stage;
  }

  private constructor(limits: Partial<HubLimits>) {
    this.hub = this.#stack.use(
      new PanelHub({
        accounts: [panelAccount("main"), panelAccount("second")],
        sessions: this.sessions,
        live: this.live,
        directory: { findByPhone: (account, phone) => this.lookUp(`${account}/${phone}`) },
        history: { lastOf: async (account, extensions, most) => this.lastOf(account, extensions).slice(0, most) },
        commands: { run: (order, tell) => void this.orders.push({ order, tell }) },
        contacts: { createContact: (_account, phone) => this.create(phone) },
        chosen: {
          choose: async (account, phone, { kind, id }) => {
            const key = `${account}/${phone}`;
            const isChosen = (one: Client) => one.kind === kind && one.id === id;
            this.known.set(
              key,
              (this.known.get(key) ?? []).toSorted((one, other) => Number(isChosen(other)) - Number(isChosen(one))),
            );
          },
        },
        words: {
          find: async (account, callId) => (account === "main" ? this.spoken.get(callId) : undefined),
          nameOf: async (_, { type, id }) => (type === "leads" && id === 70 ? "Окна, 70 шт." : undefined),
          saidOf: async (_, { id }) => this.said.get(id) ?? { text: null, entity: null },
          say: async (...word) => void this.words.push(word),
        },
        publicUrl: `${ORIGIN}/`,
        clock: { now: () => NOW },
        log: createLog({ level: "debug", format: "json" }, { write: (line) => void this.logged.push(line) }),
        metrics: this.metrics,
        limits,
      }),
    );
    this.#server.on("upgrade", (request, socket, head) => this.hub.upgrade(request, socket, head));
    this.#stack.defer(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/panel/socket`;
  }

  /** A browser opens the panel's socket. */
  panel(): Panel {
    const panel = new Panel(this.url);
    this.defer(() => panel.socket.terminate());
    return panel;
  }

  async signIn(userId: number, account = "main") {
    const panel = this.panel();
    await panel.ask({ type: "hello", ticket: this.sessions.issueTicket({ account, userId }) });
    const welcome = await panel.next("welcome");
    return { panel, welcome, snapshot: await panel.next("snapshot") };
  }

  /** To be done when the stage is struck. */
  defer(done: () => void): void {
    this.#stack.defer(done);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** A panel as a browser would be one: reads messages one by one. */
export class Panel {
  readonly socket: WebSocket;
  readonly closed: Promise<number>;
  readonly #inbox: PanelMessage[] = [];
  #wake = Promise.withResolvers<void>();

  constructor(url: string) {
    this.socket = new WebSocket(url, { origin: ORIGIN });
    this.socket.on("message", (text) => {
      this.#inbox.push(JSON.parse(String(text)) as PanelMessage);
      this.#wake.resolve();
    });
    const closed = Promise.withResolvers<number>();
    this.closed = closed.promise;
    this.socket.on("close", closed.resolve);
  }

  async ask(request: PanelRequest | string): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await once(this.socket, "open");
    this.socket.send(typeof request === "string" ? request : JSON.stringify(request));
  }

  /** The next message of this type; what comes before it is passed over. */
  async next<T extends PanelMessage["type"]>(type: T): Promise<Extract<PanelMessage, { type: T }>> {
    for (;;) {
      const message = this.#inbox.shift();
      if (message?.type === type) return message as Extract<PanelMessage, { type: T }>;
      if (message) continue;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }

  /** Changes from here on, until one of them meets the wish. */
  async until(isWished: (change: Extract<PanelMessage, { type: "change" }>) => boolean) {
    for (;;) {
      const change = await this.next("change");
      if (isWished(change)) return change;
    }
  }
}
