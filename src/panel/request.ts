/** Reads what a panel sends. Past this edge a request has its type and every text its bound. */
import { z } from "zod";
import type { PhoneCommand } from "../control/command.ts";
import type { PanelRequest } from "./protocol.ts";

/** No request is longer; a longer frame ends the link before it is read. Bytes. */
export const LONGEST_REQUEST = 4_096;

const secret = z.string().min(1).max(128);
/** Of a call, a leg or a command. */
export const id = z.string().min(1).max(128);

const number = z.string().min(1).max(64);
const note = z.string().max(300);
const ofLeg = <const K extends string>(kind: K) => z.object({ kind: z.literal(kind), callId: id, legId: id });
const transfer = <const K extends string>(kind: K) => ofLeg(kind).extend({ to: number, note: note.exactOptional() });

/** What may be asked of the phones, by a panel or by a program. */
export const phoneCommand = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("dial"),
    number,
    from: number.exactOptional(),
    line: number.exactOptional(),
    despite: z.literal(true).exactOptional(),
  }),
  ofLeg("hang-up"),
  transfer("blind-transfer"),
  z.object({ kind: z.literal("take-back"), callId: id }),
  transfer("attended-transfer"),
  ofLeg("complete-transfer"),
  ofLeg("cancel-transfer"),
  ofLeg("swap"),
  z.object({ kind: z.literal("take"), callId: id }),
  z.object({ kind: z.literal("pick-up"), callId: id, extension: number }),
  ofLeg("park"),
  z.object({ kind: z.literal("retrieve"), callId: id }),
  ofLeg("hold"),
  ofLeg("resume"),
  ofLeg("send-digits").extend({ digits: z.string().min(1).max(32) }),
  ofLeg("hand-over-note").extend({ text: note }),
]) satisfies z.ZodType<PhoneCommand>;

const command = z.discriminatedUnion("kind", [
  ...phoneCommand.options,
  z.object({ kind: z.literal("open-client"), callId: id }),
  z.object({ kind: z.literal("choose-client"), callId: id, path: z.string().max(128) }),
  z.object({ kind: z.literal("note-call"), callId: id, text: note }),
  z.object({ kind: z.literal("move-call"), callId: id, path: z.string().max(128) }),
]);

const request = z.discriminatedUnion("type", [
  z.object({ type: z.literal("hello"), ticket: secret }),
  z.object({ type: z.literal("resume"), session: secret }),
  z.object({ type: z.literal("command"), id, command }),
  z.object({ type: z.literal("get-snapshot") }),
  z.object({ type: z.literal("get-recent") }),
  z.object({ type: z.literal("get-call-note"), callId: id, open: z.string().max(128).nullable() }),
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
