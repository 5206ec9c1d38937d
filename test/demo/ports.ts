import { once } from "node:events";
import { createServer } from "node:net";
import { freeTcpPort } from "../lab/ports.ts";

/** This port of 127.0.0.1, or a free one where somebody else has it or it is 0. */
export async function portOrFree(wanted: number): Promise<number> {
  if (wanted === 0) return freeTcpPort();
  const server = createServer();
  try {
    server.listen(wanted, "127.0.0.1");
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return wanted;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    return freeTcpPort();
  }
}
