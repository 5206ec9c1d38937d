import { readFileSync } from "node:fs";
import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import { z } from "zod";
import { PhoneError } from "../devices/desk-phone.ts";
import { OutsideError } from "../devices/outside.ts";
import type { PbxEmulator, PbxState } from "../pbx.ts";

const number = z.string().min(1).max(40);
const optionalId = z.object({ id: z.string().optional() });
const CALL = z.object({ from: number.nullable(), did: number, name: z.string().max(80).optional() });
const PLAN = z.union([
  z.object({ answerAfterMs: z.number().int().min(0), hangupAfterMs: z.number().int().min(0).optional() }).strict(),
  z.object({ rejectAfterMs: z.number().int().min(0), code: z.number().int().min(400).max(699) }).strict(),
  z.object({ rings: z.literal(true) }).strict(),
]);
const MISBEHAVIOUR = z
  .object({
    pretend: z.array(z.string()),
    answerLateMs: z.number().int().min(0),
    dropAfterNextAction: z.boolean(),
    halfOpen: z.boolean(),
    chunkBytes: z.number().int().min(0),
    duplicateEvents: z.boolean(),
    deniedClasses: z.array(
      z.enum(["system", "call", "agent", "user", "reporting", "cdr", "dialplan", "originate", "command", "config"]),
    ),
  })
  .partial()
  .strict();
const WAIT = z.object({
  /** Extension whose phone shows a call in `state` (`idle` = no call); or `call`, an outside call's id. */
  phone: z.string().optional(),
  call: z.string().optional(),
  state: z.string(),
  timeoutMs: z.coerce.number().int().min(1).max(120_000).default(10_000),
});

/** Content types of the page's files. */
const PAGE = {
  "/": ["page.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
} as const;

/** The HTTP side door: the same controls as in the process, as JSON, and a page of desk phones. For tests and the demo only: it asks nobody who he is. */
export class HttpDoor {
  readonly #app: FastifyInstance;
  readonly port: number;

  private constructor(app: FastifyInstance, port: number) {
    this.#app = app;
    this.port = port;
  }

  static async open(pbx: PbxEmulator, dids: readonly string[], port: number, host: string): Promise<HttpDoor> {
    const app = fastify({ forceCloseConnections: true });
    pageRoutes(app, pbx, dids);
    controlRoutes(app, pbx);
    app.setErrorHandler((error, _request, reply) => {
      if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
      if (error instanceof PhoneError || error instanceof OutsideError)
        return reply.code(409).send({ error: error.message });
      throw error;
    });
    await app.listen({ port, host });
    const address = app.server.address();
    return new HttpDoor(app, typeof address === "object" && address ? address.port : port);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}

function pageRoutes(app: FastifyInstance, pbx: PbxEmulator, dids: readonly string[]): void {
  for (const [path, [file, type]] of Object.entries(PAGE)) {
    app.get(path, (_request, reply) => reply.type(type).send(readFileSync(new URL(`page/${file}`, import.meta.url))));
  }
  app.get("/state", () => ({ ...pbx.state, style: pbx.style, dids }));
  app.get("/events", (_request, reply) => streamState(reply, pbx, dids));
}

/** Server-sent events: the whole state after every change. */
function streamState(reply: FastifyReply, pbx: PbxEmulator, dids: readonly string[]): void {
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (): void =>
    void reply.raw.write(`data: ${JSON.stringify({ ...pbx.state, style: pbx.style, dids })}\n\n`);
  const listening = pbx.onChange(send);
  reply.raw.on("close", () => listening[Symbol.dispose]());
  send();
}

function controlRoutes(app: FastifyInstance, pbx: PbxEmulator): void {
  app.post("/calls", (request) => {
    const { name, ...call } = CALL.parse(request.body);
    return { id: pbx.clientCalls(name === undefined ? call : { ...call, name }) };
  });
  app.post<{ Params: { id: string; verb: string } }>("/calls/:id/:verb", (request, reply) => {
    const { id, verb } = request.params;
    if (verb === "answer") pbx.clientAnswers(id);
    else if (verb === "hangup") pbx.clientHangsUp(id);
    else if (verb === "reject")
      pbx.clientRejects(
        id,
        z.object({ code: z.number().int().min(400).max(699).default(486) }).parse(request.body ?? {}).code,
      );
    else return reply.code(404).send({ error: `a client cannot ${verb}` });
    return reply.send({ ok: true });
  });
  app.put<{ Params: { number: string } }>("/plans/:number", (request) => {
    const plan = PLAN.nullable().parse(request.body) as Parameters<PbxEmulator["planNumber"]>[1];
    if (request.params.number !== "default") pbx.planNumber(request.params.number, plan);
    else if (plan) pbx.planByDefault(plan);
    return { ok: true };
  });
  app.post<{ Params: { extension: string; verb: string } }>("/phones/:extension/:verb", (request, reply) => {
    const act = PHONE_VERBS[request.params.verb];
    if (!act) return reply.code(404).send({ error: `a phone cannot ${request.params.verb}` });
    return reply.send(act(pbx.phone(request.params.extension), request.body ?? {}) ?? { ok: true });
  });
  app.get("/wait", async (request, reply) => {
    const { timeoutMs, ...wanted } = WAIT.parse(request.query);
    try {
      return await pbx.waitFor((state) => holds(state, wanted), timeoutMs);
    } catch (error) {
      return reply.code(408).send({ error: error instanceof Error ? error.message : String(error) });
    }
  });
  app.get("/misbehaviour", () => pbx.misbehaviour);
  app.post("/misbehaviour", (request) => {
    pbx.misbehave(MISBEHAVIOUR.parse(request.body) as Parameters<PbxEmulator["misbehave"]>[0]);
    return pbx.misbehaviour;
  });
  app.delete("/misbehaviour", () => {
    pbx.behave();
    return pbx.misbehaviour;
  });
  app.post("/links/drop", () => {
    pbx.dropLinks();
    return { ok: true };
  });
}

type Controls = ReturnType<PbxEmulator["phone"]>;

/** What can be asked of a phone, by the last part of the path. */
const PHONE_VERBS: Readonly<Record<string, (phone: Controls, body: unknown) => unknown>> = {
  answer: (phone, body) => phone.answer(optionalId.parse(body).id),
  reject: (phone, body) => phone.reject(optionalId.parse(body).id),
  hangup: (phone, body) => phone.hangup(optionalId.parse(body).id),
  hold: (phone, body) => phone.hold(optionalId.parse(body).id),
  unhold: (phone, body) => phone.unhold(optionalId.parse(body).id),
  dial: (phone, body) => phone.dial(z.object({ number }).parse(body).number),
  "blind-transfer": (phone, body) => {
    const asked = z.object({ number, id: z.string().optional() }).parse(body);
    phone.blindTransfer(asked.number, asked.id);
  },
  "attended-transfer": (phone) => phone.attendedTransfer(),
  register: (phone, body) => phone.setRegistered(z.object({ on: z.boolean() }).parse(body).on),
  "do-not-disturb": (phone, body) => phone.setDoNotDisturb(z.object({ on: z.boolean() }).parse(body).on),
  "answer-after": (phone, body) =>
    phone.setAnswerAfter(z.object({ ms: z.number().int().min(0).nullable() }).parse(body).ms),
};

function holds(
  state: PbxState,
  wanted: { phone?: string | undefined; call?: string | undefined; state: string },
): boolean {
  if (wanted.phone !== undefined) {
    const phone = state.phones.find((one) => one.extension === wanted.phone);
    return wanted.state === "idle"
      ? phone?.calls.length === 0
      : (phone?.calls.some((call) => call.state === wanted.state) ?? false);
  }
  if (wanted.call !== undefined)
    return state.outside.some((call) => call.id === wanted.call && call.state === wanted.state);
  return wanted.state === "idle" && state.channels === 0;
}
