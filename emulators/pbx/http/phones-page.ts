/**
 * The page of desk phones, and the requests that it makes. Whose phones they are is not its affair: those of the
 * practice PBX, or in the demo those of a real one.
 */
import { readFileSync } from "node:fs";
import type { FastifyInstance, FastifyReply } from "fastify";
import { z } from "zod";
import { CannotDo } from "../devices/cannot-do.ts";

/** One phone's screen. `held`: this phone holds; `on-hold`: the other side holds and music plays. */
export interface PhoneOnPage {
  readonly extension: string;
  readonly name: string;
  readonly registered: boolean;
  readonly doNotDisturb: boolean;
  readonly calls: readonly {
    readonly id: string;
    readonly state: "ringing" | "calling" | "talking" | "held" | "on-hold";
    readonly number: string;
    readonly name: string;
  }[];
}

/** Somebody outside. `in`: he calls the company; `out`: the company calls him. */
export interface ClientOnPage {
  readonly id: string;
  readonly direction: "in" | "out";
  readonly number: string;
  readonly did: string | null;
  readonly state: "calling" | "ringing" | "talking" | "music" | "ended";
}

/** What a person at one phone can do. Without an `id` the call in front is meant. What is done later may be awaited. */
export interface PhoneKeys {
  answer(id?: string): unknown;
  reject(id?: string): unknown;
  hangup(id?: string): unknown;
  hold(id?: string): unknown;
  unhold(id?: string): unknown;
  dial(number: string): unknown;
  blindTransfer(number: string, id?: string): unknown;
  attendedTransfer(): unknown;
  setRegistered(registered: boolean): unknown;
  setDoNotDisturb(on: boolean): unknown;
  /** Milliseconds until the phone answers by itself; null = never. */
  setAnswerAfter(milliseconds: number | null): unknown;
}

/** A company's phones and the people outside. What cannot be done is thrown as a {@link CannotDo}. */
export interface DeskPhones {
  /** Whose way of speaking the PBX behind the phones has; `real`: a PBX of its own, no emulator. */
  readonly style: "mikopbx" | "asterisk" | "real";
  readonly dids: readonly string[];
  readonly state: { readonly phones: readonly PhoneOnPage[]; readonly outside: readonly ClientOnPage[] };
  phone(extension: string): PhoneKeys;
  /** A client calls a DID; `from: null` hides the number. Returns the call's id. */
  clientCalls(call: { readonly from: string | null; readonly did: string; readonly name?: string }): string;
  clientAnswers(id: string): void;
  /** The client refuses a ringing call with a SIP code. */
  clientRejects(id: string, code: number): void;
  clientHangsUp(id: string): void;
  /** Calls back after every change. */
  onChange(listener: () => void): Disposable;
}

const number = z.string().min(1).max(40);
const optionalId = z.object({ id: z.string().optional() });
const onOff = z.object({ on: z.boolean() });
const CALL = z.object({ from: number.nullable(), did: number, name: z.string().max(80).optional() });
const REFUSAL = z.object({ code: z.number().int().min(400).max(699).default(486) });

/** Content types of the page's files. */
const PAGE = {
  "/": ["page.html", "text/html; charset=utf-8"],
  "/page.css": ["page.css", "text/css; charset=utf-8"],
  "/page.js": ["page.js", "text/javascript; charset=utf-8"],
} as const;

/** Adds the page and what it asks for; a {@link CannotDo} becomes 409, a malformed request 400. */
export function addPhonesPage(app: FastifyInstance, phones: DeskPhones): void {
  for (const [path, [file, type]] of Object.entries(PAGE)) {
    app.get(path, (_request, reply) => reply.type(type).send(readFileSync(new URL(`page/${file}`, import.meta.url))));
  }
  app.get("/state", () => stateOf(phones));
  app.get("/events", (_request, reply) => streamState(reply, phones));
  addClients(app, phones);
  app.post<{ Params: { extension: string; verb: string } }>("/phones/:extension/:verb", async (request, reply) => {
    const act = PHONE_VERBS[request.params.verb];
    if (!act) return reply.code(404).send({ error: `a phone cannot ${request.params.verb}` });
    return reply.send((await act(phones.phone(request.params.extension), request.body ?? {})) ?? { ok: true });
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof z.ZodError) return reply.code(400).send({ error: z.prettifyError(error) });
    if (error instanceof CannotDo) return reply.code(409).send({ error: error.message });
    throw error;
  });
}

function addClients(app: FastifyInstance, phones: DeskPhones): void {
  app.post("/calls", (request) => {
    const { name, ...call } = CALL.parse(request.body);
    return { id: phones.clientCalls(name === undefined ? call : { ...call, name }) };
  });
  app.post<{ Params: { id: string; verb: string } }>("/calls/:id/:verb", (request, reply) => {
    const { id, verb } = request.params;
    if (verb === "answer") phones.clientAnswers(id);
    else if (verb === "hangup") phones.clientHangsUp(id);
    else if (verb === "reject") phones.clientRejects(id, REFUSAL.parse(request.body ?? {}).code);
    else return reply.code(404).send({ error: `a client cannot ${verb}` });
    return reply.send({ ok: true });
  });
}

const stateOf = (phones: DeskPhones) => ({ ...phones.state, style: phones.style, dids: phones.dids });

/** Server-sent events: the whole state after every change. */
function streamState(reply: FastifyReply, phones: DeskPhones): void {
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  const send = (): void => void reply.raw.write(`data: ${JSON.stringify(stateOf(phones))}\n\n`);
  const listening = phones.onChange(send);
  reply.raw.on("close", () => listening[Symbol.dispose]());
  send();
}

/** What can be asked of a phone, by the last part of the path. */
const PHONE_VERBS: Readonly<Record<string, (phone: PhoneKeys, body: unknown) => unknown>> = {
  answer: (phone, body) => phone.answer(optionalId.parse(body).id),
  reject: (phone, body) => phone.reject(optionalId.parse(body).id),
  hangup: (phone, body) => phone.hangup(optionalId.parse(body).id),
  hold: (phone, body) => phone.hold(optionalId.parse(body).id),
  unhold: (phone, body) => phone.unhold(optionalId.parse(body).id),
  dial: (phone, body) => phone.dial(z.object({ number }).parse(body).number),
  "blind-transfer": (phone, body) => {
    const asked = z.object({ number, id: z.string().optional() }).parse(body);
    return phone.blindTransfer(asked.number, asked.id);
  },
  "attended-transfer": (phone) => phone.attendedTransfer(),
  register: (phone, body) => phone.setRegistered(onOff.parse(body).on),
  "do-not-disturb": (phone, body) => phone.setDoNotDisturb(onOff.parse(body).on),
  "answer-after": (phone, body) =>
    phone.setAnswerAfter(z.object({ ms: z.number().int().min(0).nullable() }).parse(body).ms),
};
