import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A manager for tests that says exactly the bytes it is told to. Written by hand: it shares nothing with the client. */
export class RawManager implements AsyncDisposable {
  readonly #server: Server;
  readonly #arrived: RawLink[] = [];
  readonly #awaited: ((link: RawLink) => void)[] = [];
  readonly #sockets = new Set<Socket>();
  /** Most links that were open at the same time. */
  mostLinksAtOnce = 0;

  static async listen(tls?: { readonly key: string; readonly cert: string }, port = 0): Promise<RawManager> {
    const manager = new RawManager(tls);
    await new Promise<void>((resolve, reject) => {
      manager.#server.once("error", reject).listen(port, "127.0.0.1", resolve);
    });
    return manager;
  }

  private constructor(tls: { readonly key: string; readonly cert: string } | undefined) {
    const onSocket = (socket: Socket) => {
      this.#sockets.add(socket);
      this.mostLinksAtOnce = Math.max(this.mostLinksAtOnce, this.#sockets.size);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      const link = new RawLink(socket);
      const awaited = this.#awaited.shift();
      if (awaited === undefined) this.#arrived.push(link);
      else awaited(link);
    };
    this.#server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket);
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  /** The next link, greeted by nobody yet. */
  async nextLink(): Promise<RawLink> {
    const arrived = this.#arrived.shift();
    return arrived ?? new Promise((resolve) => this.#awaited.push(resolve));
  }

  /** The next link, greeted and logged in, its `Events` action answered. */
  async nextLogin(): Promise<RawLink> {
    const link = await this.nextLink();
    link.send("Asterisk Call Manager/11.0.0\r\n");
    link.send(`Response: Success\r\nActionID: ${(await link.nextAction("Login")).id}\r\nMessage: Accepted\r\n\r\n`);
    link.send(`Response: Success\r\nActionID: ${(await link.nextAction("Events")).id}\r\nEvents: On\r\n\r\n`);
    return link;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export interface RawAction {
  readonly id: string;
  readonly lines: readonly string[];
}

/** One connection as the manager sees it. */
export class RawLink {
  readonly socket: Socket;
  readonly #actions: RawAction[] = [];
  readonly #awaited: ((action: RawAction) => void)[] = [];
  #text = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk) => {
      const texts = (this.#text + chunk.toString()).split("\r\n\r\n");
      this.#text = texts.pop() ?? "";
      for (const text of texts) {
        const lines = text.split("\r\n");
        const id = lines.find((line) => line.startsWith("ActionID: "))?.slice("ActionID: ".length) ?? "";
        const awaited = this.#awaited.shift();
        if (awaited === undefined) this.#actions.push({ id, lines });
        else awaited({ id, lines });
      }
    });
  }

  /** The next action that came, which must be of this name. */
  async nextAction(name: string): Promise<RawAction> {
    const action = this.#actions.shift() ?? (await new Promise<RawAction>((resolve) => this.#awaited.push(resolve)));
    if (action.lines[0] !== `Action: ${name}`) throw new Error(`expected ${name}, got ${action.lines[0]}`);
    return action;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }
}
