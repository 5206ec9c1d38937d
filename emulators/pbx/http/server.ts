import fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { PbxEmulator, PbxState } from "../pbx.ts";
import { addPhonesPage } from "./phones-page.ts";

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
    dropAfter: z.string(),
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

/** The HTTP side door: the same controls as in the process, as JSON, and a page of desk phones. For tests and the demo only: it asks nobody who he is. */
export class HttpDoor {
  readonly #app: FastifyInstance;
  readonly port: number;

  private constructor(app: FastifyInstance, port: number) {
    this.#app = app;
    this.port = port;
  }

  static async open(pbx: PbxEmulator, port: number, host: string): Promise<HttpDoor> {
    const app = fastify({ forceCloseConnections: true });
    addPhonesPage(app, pbx);
    addControls(app, pbx);
    await app.listen({ port, host });
    const address = app.server.address();
    return new HttpDoor(app, typeof address === "object" && address ? address.port : port);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}

function addControls(app: FastifyInstance, pbx: PbxEmulator): void {
  app.put<{ Params: { number: string } }>("/plans/:number", (request) => {
    const plan = PLAN.nullable().parse(request.body) as Parameters<PbxEmulator["planNumber"]>[1];
    if (request.params.number !== "default") pbx.planNumber(request.params.number, plan);
    else if (plan) pbx.planByDefault(plan);
    return { ok: true };
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
