/**
 * All panels of the service: takes their sockets in, finds out who they belong to, hands commands on, and shows each
 * exactly what its employee may see.
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { ChosenClients } from "../clients/chosen-clients.ts";
import type { ClientDirectory } from "../clients/client.ts";
import type { PhoneOutcome } from "../control/command.ts";
import { type Employee, findEmployeeByExtension, findEmployeeByUser } from "../directory/directory.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import { AccountBoard } from "./account-board.ts";
import type { Audience } from "./audience.ts";
import { CallNoteReader } from "./call-note.ts";
import { type CallWordPort, CallWordTaker } from "./call-words.ts";
import { ClientOpener } from "./open-client.ts";
import { DEFAULT_SOCKET_LIMITS, PanelSocket, type SocketLimits } from "./panel-socket.ts";
import type { CallHistory, CommandPort, ContactCreator, LivePort, PanelAccount } from "./ports.ts";
import type { CommandOutcome, LiveState, Me, PanelCommand, PanelRequest, RefusalReason } from "./protocol.ts";
import { RecentCalls } from "./recent-calls.ts";
import { LONGEST_REQUEST } from "./request.ts";
import type { Holder, PanelSessions } from "./sessions.ts";

export interface PanelHubOptions {
  readonly accounts: readonly PanelAccount[];
  readonly sessions: PanelSessions;
  readonly live: LivePort;
  readonly directory: ClientDirectory;
  readonly history: CallHistory;
  readonly commands: CommandPort;
  readonly contacts: ContactCreator;
  readonly chosen: ChosenClients;
  readonly words: CallWordPort;
  /** Where browsers reach the service: only pages of this origin may open a socket. */
  readonly publicUrl: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits?: Partial<HubLimits>;
}

export interface HubLimits extends SocketLimits {
  readonly mostSockets: number;
  /** Tabs of one person. */
  readonly mostOfOne: number;
  /** How long a new socket may keep silent about who it is. Milliseconds. */
  readonly helloMs: number;
  /** How often panels are asked whether they are still there. Milliseconds. */
  readonly probeMs: number;
}

const DEFAULT_LIMITS: HubLimits = {
  ...DEFAULT_SOCKET_LIMITS,
  mostSockets: 5_000,
  mostOfOne: 30,
  helloMs: 10_000,
  probeMs: 25_000,
};

type SignIn = Extract<PanelRequest, { type: "hello" | "resume" }>;

/** Who sits before a panel that has signed in. */
interface Viewer {
  readonly holder: Holder;
  readonly account: PanelAccount;
  readonly board: AccountBoard;
  readonly audience: Audience;
}

export class PanelHub implements Disposable {
  readonly path = "/panel/socket";
  readonly #options: PanelHubOptions;
  readonly #limits: HubLimits;
  readonly #origin: string;
  readonly #boards: ReadonlyMap<string, AccountBoard>;
  readonly #disconnected = new Set<string>();
  /** All sockets; a viewer once it is known whose one is. */
  readonly #sockets = new Map<PanelSocket, Viewer | undefined>();
  readonly #opener: ClientOpener;
  readonly #words: CallWordTaker;
  readonly #notes: CallNoteReader;
  readonly #recent: RecentCalls;
  readonly #upgrader = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: LONGEST_REQUEST,
    perMessageDeflate: false,
  });
  readonly #probing: NodeJS.Timeout;
  readonly #listening: Disposable;
  #isClosing = false;

  constructor(options: PanelHubOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#origin = new URL(options.publicUrl).origin;
    this.#opener = new ClientOpener(options);
    this.#words = new CallWordTaker(options.words, options.log);
    this.#notes = new CallNoteReader(options);
    this.#recent = new RecentCalls(options);
    this.#boards = new Map(
      options.accounts.map((account) => [account.account.id, new AccountBoard({ ...options, account })]),
    );
    this.#listening = options.live.listen((change) => this.#boards.get(change.account)?.take(change));
    this.#probing = setInterval(() => {
      for (const socket of this.#sockets.keys()) socket.probe();
    }, this.#limits.probeMs);
  }

  /** Takes over a connection that asked for a WebSocket at `path`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (request.headers.origin !== this.#origin) refuseUpgrade(socket, "403 Forbidden");
    else if (this.#isClosing) refuseUpgrade(socket, "503 Service Unavailable");
    else this.#upgrader.handleUpgrade(request, socket, head, (accepted) => this.#takeIn(accepted));
  }

  /** Clients of the CRM have changed: what panels show of them may be old. */
  clientsChanged(account: string): void {
    this.#boards.get(account)?.clientsChanged();
  }

  /** The CRM has switched us off for this account (or on again): its panels are let go, and none is taken in. */
  setConnected(account: string, isConnected: boolean): void {
    if (isConnected) this.#disconnected.delete(account);
    if (isConnected || this.#disconnected.has(account)) return;
    this.#disconnected.add(account);
    this.#options.sessions.endAll(account);
    for (const [socket, viewer] of this.#sockets) {
      if (viewer?.holder.account === account) this.#refuse(socket, "account-disconnected");
    }
  }

  /** False while the CRM has switched us off for this account. */
  isConnected(account: string): boolean {
    return !this.#disconnected.has(account);
  }

  /** All that this employee's panel would show now, whether he has one open or not; undefined: there is no such account. */
  async look(account: string, employee: Employee): Promise<LiveState | undefined> {
    return this.#boards.get(account)?.look(employee);
  }

  /** The service ends: panels are told to come back later. */
  closeAll(): void {
    this.#isClosing = true;
    for (const socket of this.#sockets.keys()) socket.goAway();
  }

  [Symbol.dispose](): void {
    this.closeAll();
    this.#listening[Symbol.dispose]();
    clearInterval(this.#probing);
    for (const board of this.#boards.values()) board[Symbol.dispose]();
  }

  #takeIn(accepted: WebSocket): void {
    const options = this.#options;
    const socket = new PanelSocket(accepted, this.#limits);
    this.#sockets.set(socket, undefined);
    options.metrics.panels.set(this.#sockets.size);
    const silence = setTimeout(() => socket.violate(), this.#limits.helloMs);
    socket.listen({
      take: (request) => {
        clearTimeout(silence);
        try {
          this.#take(request, socket);
        } catch (error) {
          options.log.error({ error, request: request.type }, "panel request failed");
          socket.fail();
        }
      },
      state: () => {
        const viewer = this.#sockets.get(socket);
        return viewer?.board.stateFor(viewer.audience);
      },
      slowed: () => options.metrics.panelSlowed.inc(),
      closed: () => {
        clearTimeout(silence);
        this.#forget(socket);
      },
    });
    if (this.#sockets.size > this.#limits.mostSockets) this.#refuse(socket, "busy");
  }

  #forget(socket: PanelSocket): void {
    const viewer = this.#sockets.get(socket);
    viewer?.board.leave(viewer.audience, socket);
    this.#sockets.delete(socket);
    this.#options.metrics.panels.set(this.#sockets.size);
  }

  #take(request: PanelRequest, socket: PanelSocket): void {
    const viewer = this.#sockets.get(socket);
    if (request.type === "hello" || request.type === "resume") {
      if (viewer) socket.violate();
      else this.#signIn(request, socket);
    } else if (!viewer) {
      socket.violate();
    } else if (request.type === "get-snapshot") {
      socket.sendSnapshot(viewer.board.stateFor(viewer.audience));
    } else if (request.type === "get-recent") {
      void this.#recent.of(viewer.audience.employee, viewer.account).then((calls) => {
        if (calls !== undefined) socket.send({ type: "recent", calls });
      });
    } else if (request.type === "get-call-note") {
      const { callId, open } = request;
      void this.#notes
        .of(callId, open, viewer.audience.employee, viewer.holder.account)
        .then((note) => socket.send({ type: "call-note", callId, note }));
    } else {
      this.#command(request.id, request.command, viewer, socket);
    }
  }

  #signIn(request: SignIn, socket: PanelSocket): void {
    const found = this.#findViewer(request);
    if (typeof found === "string") {
      this.#refuse(socket, found);
      return;
    }
    const { holder, account, board, employee } = found;
    const { sessions, clock, log } = this.#options;
    const session = request.type === "hello" ? sessions.openSession(holder) : request.session;
    socket.send({ type: "welcome", session, me: toMe(holder, employee, account), now: clock.now() });
    this.#sockets.set(socket, { holder, account, board, audience: board.join(employee, socket) });
    log.debug({ account: holder.account, user: holder.userId, by: request.type }, "panel signed in");
  }

  #findViewer(request: SignIn) {
    const { sessions, accounts } = this.#options;
    const holder = request.type === "hello" ? sessions.takeTicket(request.ticket) : sessions.resume(request.session);
    if (!holder) return request.type === "hello" ? "bad-ticket" : "session-ended";
    if (this.#disconnected.has(holder.account)) return "account-disconnected";
    const account = accounts.find((candidate) => candidate.account.id === holder.account);
    const board = this.#boards.get(holder.account);
    const employee = account && findEmployeeByUser(account.account, holder.userId);
    if (!account || !board || !employee) {
      this.#options.log.warn({ account: holder.account, user: holder.userId }, "a user of the CRM is no employee here");
      return "not-an-employee";
    }
    return this.#socketsOf(holder) < this.#limits.mostOfOne ? { holder, account, board, employee } : "busy";
  }

  #socketsOf({ account, userId }: Holder): number {
    let count = 0;
    for (const viewer of this.#sockets.values()) {
      if (viewer?.holder.account === account && viewer.holder.userId === userId) count++;
    }
    return count;
  }

  #command(id: string, command: PanelCommand, { holder, account, audience }: Viewer, socket: PanelSocket): void {
    const tell = (outcome: CommandOutcome) => {
      if (outcome.state !== "sent") {
        this.#options.metrics.panelCommands.inc({ kind: command.kind, outcome: outcome.state });
      }
      socket.send({ type: "outcome", id, outcome });
    };
    if (command.kind === "choose-client") {
      void this.#opener.choose(audience.findCard(command.callId), command.path, account).then((outcome) => {
        tell(outcome);
        if (outcome.state === "done") this.clientsChanged(holder.account);
      });
      return;
    }
    if (command.kind === "open-client") {
      void this.#opener.open(audience.findCard(command.callId), account, holder.userId).then((opened) => {
        tell(opened.outcome);
        if (opened.path !== undefined) socket.send({ type: "open", path: opened.path });
        if (opened.isNew) this.clientsChanged(holder.account);
      });
      return;
    }
    if (command.kind === "note-call" || command.kind === "move-call") {
      void this.#words.take(command, audience.employee, holder.account).then(tell);
      return;
    }
    const order = { account: holder.account, employee: audience.employee, id, command };
    this.#options.commands.run(order, (outcome) => tell(toCommandOutcome(outcome, account)));
  }

  #refuse(socket: PanelSocket, reason: RefusalReason): void {
    this.#options.metrics.panelRefusals.inc({ reason });
    socket.send({ type: "refused", reason });
    socket.violate();
  }
}

function toMe(
  { userId }: Holder,
  { name, department, extensions, mobile = null }: Employee,
  { account }: PanelAccount,
): Me {
  const { language, timeZone } = account;
  return { userId, name, department, extension: extensions[0] ?? null, extensions, mobile, language, timeZone };
}

/** With the colleague's name, where there is a colleague. */
export function toCommandOutcome(outcome: PhoneOutcome, { account }: PanelAccount): CommandOutcome {
  if (outcome.state !== "warned") return outcome;
  const { collision } = outcome;
  const colleague = findEmployeeByExtension(account, collision.extension)?.name ?? collision.extension;
  return { state: "warned", collision: { ...collision, colleague } };
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
