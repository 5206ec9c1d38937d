import { connect, type Socket } from "node:net";

/** What came over an AMI connection: one packet, its lines in order. */
export class Packet {
  readonly lines: readonly (readonly [key: string, value: string])[];
  constructor(block: string) {
    this.lines = block.split("\r\n").map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, "")] as const;
    });
  }
  get(key: string): string | undefined {
    return this.lines.find(([name]) => name === key)?.[1];
  }
}

/** A bare AMI client for the emulator's own tests: its own few lines of code, so that it cannot share a bug with the product. */
export class AmiClient implements Disposable {
  readonly #socket: Socket;
  readonly packets: Packet[] = [];
  /** Every byte after the greeting, as text. */
  stream = "";
  greeting = "";
  closed = false;
  /** Size of each piece that the network delivered. */
  readonly pieces: number[] = [];
  #unread = "";
  #ids = 0;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.pieces.push(chunk.length);
      this.#take(chunk.toString("utf8"));
    });
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(port: number): Promise<AmiClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new AmiClient(socket);
    await client.until(() => client.greeting !== "");
    return client;
  }

  static async login(port: number, more: Readonly<Record<string, string>> = {}): Promise<AmiClient> {
    const client = await AmiClient.connect(port);
    const answer = await client.act({ Action: "Login", Username: "kommutator", Secret: "practice-secret", ...more });
    if (answer.get("Response") !== "Success") throw new Error(`login: ${answer.get("Message")}`);
    return client;
  }

  #take(text: string): void {
    this.#unread += text;
    if (this.greeting === "") {
      const end = this.#unread.indexOf("\r\n");
      if (end < 0) return;
      this.greeting = this.#unread.slice(0, end);
      this.#unread = this.#unread.slice(end + 2);
    }
    for (let end = this.#unread.indexOf("\r\n\r\n"); end >= 0; end = this.#unread.indexOf("\r\n\r\n")) {
      const block = this.#unread.slice(0, end);
      this.stream += `${block}\r\n\r\n`;
      this.packets.push(new Packet(block));
      this.#unread = this.#unread.slice(end + 4);
    }
    this.#wake();
  }

  #wake(): void {
    for (const look of this.#waiting) look();
  }

  write(bytes: string | Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Sends an action and resolves with its response. */
  async act(fields: Readonly<Record<string, string | readonly string[]>>): Promise<Packet> {
    const id = `test-${++this.#ids}`;
    const lines = Object.entries(fields).flatMap(([key, value]) => [value].flat().map((one) => `${key}: ${one}\r\n`));
    this.write(`${lines.join("")}ActionID: ${id}\r\n\r\n`);
    return this.packet((packet) => packet.get("Response") !== undefined && packet.get("ActionID") === id);
  }

  /** Sends a list action and resolves with its items, once the closing event has come. */
  async list(fields: Readonly<Record<string, string>>): Promise<Packet[]> {
    const from = this.packets.length;
    await this.act(fields);
    const last = await this.packet((packet) => packet.get("EventList") === "Complete", from);
    const id = last.get("ActionID");
    return this.packets
      .slice(from)
      .filter((packet) => packet.get("ActionID") === id && packet.get("Event") !== undefined && packet !== last);
  }

  /** The first packet from `from` on that fits, waiting for it. */
  async packet(fits: (packet: Packet) => boolean, from = 0): Promise<Packet> {
    await this.until(() => this.closed || this.packets.slice(from).some(fits));
    const found = this.packets.slice(from).find(fits);
    if (!found) throw new Error("the connection was closed before the packet came");
    return found;
  }

  event(name: string, fields: Readonly<Record<string, string>> = {}, from = 0): Promise<Packet> {
    return this.packet(
      (packet) =>
        packet.get("Event") === name && Object.entries(fields).every(([key, value]) => packet.get(key) === value),
      from,
    );
  }

  until(holds: () => boolean, timeoutMs = 8000): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(
          new Error(
            `not seen in ${timeoutMs} ms; the last events: ${this.packets
              .slice(-12)
              .map((packet) => packet.get("Event") ?? packet.get("Response"))
              .join(" ")}`,
          ),
        );
      }, timeoutMs);
      const look = (): void => {
        if (!holds()) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
