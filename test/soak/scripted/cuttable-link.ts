/** A TCP link between the product and the PBX that fails in each of the ways in which links fail. */
import { connect, createServer, type Server, type Socket } from "node:net";

/**
 * - `cut`: both sides are told, and nobody listens until it is mended.
 * - `stalled`: nothing passes any more in either direction, and nobody is told.
 * - `half-open`: the PBX is told and forgets us; our side is not told.
 */
export type Failure = "cut" | "stalled" | "half-open";

interface Pair {
  readonly near: Socket;
  readonly far: Socket;
}

export class CuttableLink implements AsyncDisposable {
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #target = 0;
  #port = 0;
  /** While it lasts, who connects is let in and hears nothing. */
  #isSilent = false;

  /** @returns the port that leads to `target`, both on loopback */
  async open(target: number): Promise<number> {
    this.#target = target;
    await this.#listen();
    return this.#port;
  }

  async fail(how: Failure): Promise<void> {
    switch (how) {
      case "cut": {
        const closed = new Promise((resolve) => this.#server?.close(resolve));
        this.#drop();
        await closed;
        break;
      }
      case "stalled":
        this.#isSilent = true;
        for (const pair of this.#pairs) silence(pair);
        break;
      case "half-open":
        this.#isSilent = true;
        for (const pair of this.#pairs) {
          silence(pair);
          pair.far.destroy();
        }
        break;
    }
  }

  async mend(): Promise<void> {
    this.#isSilent = false;
    // What was silenced stays lost, as after a firewall has forgotten it; our side finds out by itself.
    for (const pair of this.#pairs) if (pair.near.isPaused()) pair.far.destroy();
    if (this.#server?.listening === false) await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    this.#drop();
    await closed;
  }

  async #listen(): Promise<void> {
    const server = createServer((near) => this.#join(near));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the link has no port");
    this.#port = address.port;
  }

  #join(near: Socket): void {
    const pair = { near, far: connect(this.#target, "127.0.0.1") };
    this.#pairs.add(pair);
    for (const [one, other] of [
      [pair.near, pair.far],
      [pair.far, pair.near],
    ] as const) {
      one.setNoDelay(true);
      one.on("data", (bytes) => void other.write(bytes));
      one.on("error", () => undefined); // a reset by either side; "close" follows
    }
    near.on("close", () => {
      pair.far.destroy();
      this.#pairs.delete(pair);
    });
    pair.far.on("close", () => {
      if (!near.isPaused()) near.destroy();
    });
    if (this.#isSilent) silence(pair);
  }

  #drop(): void {
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }
}

function silence({ near, far }: Pair): void {
  near.pause();
  far.pause();
}
