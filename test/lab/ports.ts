import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

// Below the kernel's own range, from which sockets on port 0 and connections get theirs, and above the RTP range of
// etc/rtp.conf: so the only rival for a port found free here is another lab that starts in the same moment.
const FIRST = 20_000;
const END = 32_000;

/** A port of 127.0.0.1 that nobody uses for TCP. */
export function freeTcpPort(): Promise<number> {
  return findPort((port) => {
    const server = createServer();
    return { socket: server, bind: () => server.listen(port, "127.0.0.1") };
  });
}

/** A port of `host` that nobody uses for UDP. */
export function freeUdpPort(host: string): Promise<number> {
  return findPort((port) => {
    const socket = createSocket("udp4");
    return { socket, bind: () => socket.bind(port, host) };
  });
}

interface Attempt {
  readonly socket: NodeJS.EventEmitter & { close(onClosed: () => void): unknown };
  readonly bind: () => void;
}

async function findPort(attempt: (port: number) => Attempt): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, END);
    const { socket, bind } = attempt(port);
    const isFree = await new Promise<boolean>((resolve, reject) => {
      socket.once("listening", () => resolve(true));
      socket.once("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE") resolve(false);
        else reject(error);
      });
      bind();
    });
    if (!isFree) continue;
    await new Promise<void>((closed) => void socket.close(closed));
    return port;
  }
}
