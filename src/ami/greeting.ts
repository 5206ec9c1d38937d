import type { Socket } from "node:net";
import { AmiError } from "./ami-error.ts";
import type { AmiEndpoint } from "./socket.ts";

/** A greeting is one short line; whatever sends more speaks something else. */
const MAX_GREETING_BYTES = 256;

/**
 * Reads the one line that a manager says first, and leaves the socket paused with what came after it.
 * @throws AmiError `ami/not-an-ami`, `ami/no-answer`, `ami/link-lost` or, after an abort, `ami/closed`
 */
export async function readGreeting(
  socket: Socket,
  { host, port }: AmiEndpoint,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<{ greeting: string; rest: Uint8Array }> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<{ greeting: string; rest: Uint8Array }>();
  let heard = Buffer.alloc(0);
  const onData = (chunk: Buffer) => {
    heard = Buffer.concat([heard, chunk]);
    const end = heard.indexOf("\r\n");
    if (end === -1 && heard.length <= MAX_GREETING_BYTES) return;
    const greeting = heard.toString("latin1", 0, end === -1 ? MAX_GREETING_BYTES : end);
    if (end === -1 || !greeting.startsWith("Asterisk Call Manager")) {
      reject(new AmiError("ami/not-an-ami", { host, port, said: JSON.stringify(greeting.slice(0, 40)) }));
    } else {
      resolve({ greeting, rest: heard.subarray(end + 2) });
    }
  };
  const onEnd = () => reject(new AmiError("ami/link-lost", { host, port, reason: "closed before its greeting" }));
  const onDeadline = () => reject(new AmiError(signal.aborted ? "ami/closed" : "ami/no-answer", { host, port }));
  const onError = () => undefined; // "close" follows, and tells; stays until the connection has its own
  socket.on("data", onData).on("close", onEnd).on("error", onError);
  deadline.addEventListener("abort", onDeadline);
  try {
    return await promise;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.pause();
    socket.off("data", onData).off("close", onEnd);
    deadline.removeEventListener("abort", onDeadline);
  }
}
