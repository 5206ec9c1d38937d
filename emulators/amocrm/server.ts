/** The practice CRM as one HTTP server: API, OAuth, pages and the stand's own controls. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Caller, identify, performApi, refuse } from "./api/gate.ts";
import { type StandClock, startClock } from "./clock.ts";
import type { Seed } from "./crm/seed.ts";
import { type Certificate, createCertificate } from "./http/certificate.ts";
import { type Exchange, readBody, readCookie, sessionCookie } from "./http/exchange.ts";
import { html, json, Problem, type Reply } from "./http/reply.ts";
import { createRouter } from "./http/router.ts";
import { oauthRoutes } from "./oauth/routes.ts";
import { pageRoutes } from "./pages/routes.ts";
import { StandControls } from "./stand/controls.ts";
import { type FaultKind, firstHalf, spoil } from "./stand/faults.ts";
import { performControl } from "./stand/routes.ts";
import { World } from "./world.ts";

export interface AmocrmOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Address to listen on; loopback unless told otherwise. */
  readonly host?: string;
  /** Further addresses, at the same port: 127.0.0.2 and so on, for accounts with a host of their own. */
  readonly alsoAt?: readonly string[];
  readonly clock?: StandClock;
  readonly seed: Seed;
  /** Speaks HTTPS with a certificate of its own, made anew at each start. */
  readonly https?: boolean;
}

/** A running stand; disposing of it closes every connection. */
export interface AmocrmEmulator extends AsyncDisposable {
  /** Scheme, host and port, e.g. `http://127.0.0.1:8080`; the first account answers there. */
  readonly url: string;
  /** `127.0.0.1:8080`: what `referer` says and what stands for `example.amocrm.ru`. */
  readonly host: string;
  /** PEM of the certificate that clients have to trust; `null` over plain HTTP. */
  readonly certificate: string | null;
  readonly controls: StandControls;
}

const matchPage = createRouter([...oauthRoutes, ...pageRoutes]);

export async function startAmocrm(options: AmocrmOptions): Promise<AmocrmEmulator> {
  const clock = options.clock ?? startClock();
  const closing = new AbortController();
  let world: World | undefined;
  const certificate = options.https ? createCertificate(hostsOf(options)) : null;
  const open = () =>
    serve(certificate, (request, response) => {
      if (!world) return void response.destroy();
      void answer(world, request, response, closing.signal);
    });
  const server = open();
  const address = await listen(server, options.port, options.host ?? "127.0.0.1");
  const others = options.alsoAt?.map(() => open()) ?? [];
  await Promise.all(others.map((other, at) => listen(other, address.port, options.alsoAt?.[at] ?? "")));
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const host = `${["0.0.0.0", "[::]"].includes(shown) ? "127.0.0.1" : shown}:${address.port}`;
  const running = new World(clock, options.seed, `${certificate ? "https" : "http"}://${host}`);
  world = running;
  return {
    url: running.url,
    host,
    certificate: certificate?.cert ?? null,
    controls: new StandControls(running),
    async [Symbol.asyncDispose]() {
      closing.abort();
      for (const each of [server, ...others]) {
        each.close();
        each.closeAllConnections();
      }
      await running[Symbol.asyncDispose]();
    },
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

const serve = (certificate: Certificate | null, listener: Listener): Server =>
  certificate ? createTlsServer(certificate, listener) : createServer(listener);

/** Without ports: what the certificate is made out to. */
const hostsOf = ({ seed, host }: AmocrmOptions): string[] => {
  const accounts = seed.accounts.flatMap((account) => account.identity.host?.split(":")[0] ?? []);
  return [...new Set(["127.0.0.1", "localhost", host ?? "127.0.0.1", ...accounts])];
};

function listen(server: Server, port: number, host: string): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(server.address() as AddressInfo); // a TCP server's address is never a text
    });
  });
}

/** Faults of the answer alone. */
const CARRIED_OUT: ReadonlySet<FaultKind> = new Set(["slow", "malformed", "504-partial", "loose"]);

/** Not worth a line in the log: the stand's controls, live updates, files. */
const UNLOGGED = /^\/(_stand|ajax\/stand|stand-assets|widgets)(\/|$)/;

async function answer(
  world: World,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const at = world.clock.now();
  const url = URL.parse(request.url ?? "/", world.url);
  if (url === null) return send(response, new Problem(400, "Malformed address").reply, "GET");
  const { pathname: path, search, searchParams } = url;
  const method = request.method ?? "GET";
  let caller: Caller | undefined;
  let fault: string | null = null;
  let reply: Reply | "reset";
  try {
    const body = await readBody(request);
    // The shard's host tells where accounts are that were renamed, and belongs to none of them.
    const isShard = path.startsWith("/oauth2/account/") && request.headers.host === world.shardHost;
    const account = world.accountAt(request.headers.host ?? "") ?? (isShard ? world.mainAccount() : undefined);
    const session = world.session(readCookie(request, sessionCookie(world)) ?? "");
    if (!account) throw new Problem(401, "Account not found");
    const mine = session?.account === account ? session : undefined;
    const exchange: Exchange = {
      world,
      account,
      method,
      path,
      query: searchParams,
      headers: request.headers,
      body,
      session: mine,
      params: {},
    };
    if (path === "/_stand" || path.startsWith("/_stand/")) {
      reply = await performControl(exchange);
    } else {
      const planned = world.faults.take(method, path, body);
      fault = planned?.kind ?? null;
      if (planned?.kind === "slow") await delay(planned.ms ?? 0, undefined, { signal: closing });
      const performed = !planned || planned.performed || CARRIED_OUT.has(planned.kind);
      const asked = planned?.kind === "504-partial" ? { ...exchange, body: firstHalf(body) } : exchange;
      const real = performed ? await perform(asked, (who) => (caller = who)) : undefined;
      reply = planned ? spoil(planned.kind, real) : (real ?? json({}, 500));
    }
  } catch (error) {
    reply = toReply(error);
  }
  if (!UNLOGGED.test(path)) {
    world.log.add({
      at,
      method,
      path,
      query: search,
      status: reply === "reset" ? 0 : reply.status,
      integration: caller?.integration?.client_id ?? null,
      user: caller?.user.id ?? null,
      fault,
    });
  }
  if (reply === "reset") request.socket.destroy();
  else send(response, reply, method);
}

/** `/private/api` and `/v3`: what is left of older versions. */
const API = /^\/(api|private\/api|v3)\//;

async function perform(exchange: Exchange, knowCaller: (caller: Caller) => void): Promise<Reply> {
  try {
    if (API.test(exchange.path)) {
      const caller = identify(exchange);
      knowCaller(caller);
      return refuse(exchange, caller) ?? performApi(exchange, caller);
    }
    const found = matchPage(exchange.method === "HEAD" ? "GET" : exchange.method, exchange.path);
    if (!found.found) return html("<!doctype html><title>404</title><p>404", found.otherMethod ? 405 : 404);
    return await found.route.run({ ...exchange, params: found.params });
  } catch (error) {
    return toReply(error);
  }
}

function toReply(error: unknown): Reply {
  if (error instanceof Problem) return error.reply;
  // A fault of the stand itself: said aloud, so that nobody takes it for the CRM's behaviour.
  const words = error instanceof Error ? error.message : String(error);
  return new Problem(500, `the practice stand failed: ${words}`, { trace_id: "practice-stand" }).reply;
}

function send(response: ServerResponse, reply: Reply, method: string): void {
  if (response.destroyed) return;
  response.statusCode = reply.status;
  response.setHeader("x-request-id", crypto.randomUUID());
  // What is left of a request that was too long is nobody's next request.
  if (!response.req.complete) response.setHeader("connection", "close");
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.stream) {
    response.flushHeaders();
    reply.stream(response);
    return;
  }
  response.end(method === "HEAD" ? undefined : reply.body);
}
