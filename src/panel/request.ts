/** Reads what a panel sends. Past this edge a request has its type and every text its bound. */
import { z } from "zod";
import type { PanelRequest } from "./protocol.ts";

/** No request is longer; a longer frame ends the link before it is read. Bytes. */
export const LONGEST_REQUEST = 4_096;

const secret = z.string().min(1).max(128);
const id = z.string().min(1).max(128);

const command = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("dial"), number: z.string().min(1).max(64) }),
  z.object({ kind: z.literal("hang-up"), callId: id, legId: id }),
  z.object({ kind: z.literal("open-client"), callId: id }),
]);

const request = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), ticket: secret }),
  z.object({ type: z.literal("resume"), session: secret }),
  z.object({ type: z.literal("command"), id, command }),
  z.object({ type: z.literal("get-snapshot") }),
]) satisfies z.ZodType<PanelRequest>;

/** Undefined when it is no request of ours. */
export function readRequest(text: string): PanelRequest | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  return request.safeParse(json).data;
}
