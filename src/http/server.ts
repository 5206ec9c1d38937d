/** The service's one HTTP server: plain or TLS, limits, headers, errors without internals, and a clean end. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext } from "node:tls";
import { type FastifyError, type FastifyInstance, fastify } from "fastify";
import type { Log } from "../lib/log.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Route } from "../lib/route.ts";
import { StartError } from "../lib/start-error.ts";
import { mount } from "./mount.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Names of PEM files; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Addresses and ranges whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly routes: readonly Route[];
  readonly sockets: readonly SocketRoute[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** How long answers under way may still take when the server ends. Milliseconds; default 5000. */
  readonly graceMs?: number;
}

/** Takes over connections that ask for a WebSocket. */
export interface SocketRoute {
  readonly path: string;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** The server ends: say good-bye to everybody and take nobody more. */
  closeAll(): void;
}

export interface HttpServer extends AsyncDisposable {
  /** Where it listens, as seen from this machine. */
  readonly url: string;
  /** Reads the certificate's files again (after a renewal), for new connections. @throws StartError */
  reloadCertificate(): Promise<void>;
}

/** A client that needs longer for its headers or its small body is no browser and no CRM. */
const REQUEST_MS = 15_000;
/** Longest part of a path: a recording's token. */
const MAX_PARAM_LENGTH = 256;

/** @throws StartError when the port cannot be had or the certificate cannot be read */
export async function serveHttp(options: HttpOptions): Promise<HttpServer> {
  const listener = await createListener(options.tls);
  const server = build(options, listener);
  const upgraded = acceptSockets(listener, options.sockets);
  server.addHook("preClose", async () => {
    for (const socket of options.sockets) socket.closeAll();
  });
  await listen(server, options);
  const { address, family, port } = listener.address() as AddressInfo; // it listens on a port, not on a pipe
  const host = family === "IPv6" ? `[${address}]` : address;
  return {
    url: `${options.tls ? "https" : "http"}://${host.replace("0.0.0.0", "127.0.0.1").replace("[::]", "[::1]")}:${port}`,
    async reloadCertificate() {
      if (options.tls) (listener as TlsServer).setSecureContext(await readCertificate(options.tls));
    },
    async [Symbol.asyncDispose]() {
      const deadline = setTimeout(() => {
        listener.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }, options.graceMs ?? 5_000);
      try {
        await server.close();
      } finally {
        clearTimeout(deadline);
      }
    },
  };
}

async function createListener(tls: HttpOptions["tls"]): Promise<Server> {
  const listener = tls ? createTlsServer({ ...(await readCertificate(tls)), minVersion: "TLSv1.2" }) : createServer();
  listener.requestTimeout = REQUEST_MS;
  listener.headersTimeout = REQUEST_MS;
  return listener;
}

async function readCertificate({ cert, key }: NonNullable<HttpOptions["tls"]>): Promise<{ cert: string; key: string }> {
  const read = (file: string) =>
    readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
      throw new StartError(`the file ${file} cannot be read (${cause.code}); check http.tls and the file's rights`, {
        cause,
      });
    });
  const pair = { cert: await read(cert), key: await read(key) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw new StartError(`${cert} and ${key} are not a certificate and its key in PEM form; check http.tls`, { cause });
  }
  return pair;
}

function build(options: HttpOptions, listener: Server): FastifyInstance {
  const server = fastify({
    serverFactory: (handler) => listener.on("request", handler),
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    logger: false,
  });
  // Routes read their own bodies, so any type is taken as text; the limit of the route holds before that.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  server.addHook("onRequest", async (_request, reply) => void reply.headers(SECURITY_HEADERS));
  server.addHook("onResponse", async (request, reply) => {
    // The route's pattern, never the URL: paths carry secrets (webhooks, recordings).
    const route = request.routeOptions.url ?? "unknown";
    options.metrics.httpSeconds.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1000);
    options.log.debug(
      { method: request.method, route, status: reply.statusCode, tookMs: Math.round(reply.elapsedTime) },
      "http",
    );
  });
  server.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send({ error: "not-found", message: "There is nothing here." }),
  );
  server.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) options.log.error({ route: request.routeOptions.url, error }, "http request failed");
    const { code, message } = REFUSALS[status] ?? { code: "bad-request", message: "The request cannot be read." };
    // What was said of the body that failed is not true of this one.
    for (const name of ["content-length", "content-range", "content-disposition", "etag"]) reply.removeHeader(name);
    return reply.code(status).type("application/json").send({ error: code, message });
  });
  for (const route of options.routes) mount(server, route);
  return server;
}

const REFUSALS: Readonly<Record<number, { code: string; message: string }>> = {
  408: { code: "timeout", message: "The request took too long." },
  413: { code: "too-large", message: "The request is larger than is read." },
  500: { code: "internal", message: "The service failed at this request. Its log says why." },
};

/** @returns the connections that are sockets now, which the server itself no longer counts as its own */
function acceptSockets(listener: Server, routes: readonly SocketRoute[]): ReadonlySet<Duplex> {
  const upgraded = new Set<Duplex>();
  listener.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the route has taken it over nobody else listens, and a peer that vanishes would end the process.
    socket.on("error", () => socket.destroy());
    const path = request.url?.split("?")[0];
    const route = routes.find((candidate) => candidate.path === path);
    if (!route) {
      socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    route.upgrade(request, socket, head);
  });
  return upgraded;
}

async function listen(server: FastifyInstance, { host, port }: HttpOptions): Promise<void> {
  try {
    // For "localhost" fastify would open a second server for the other address family, apart from ours.
    await server.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
  } catch (cause) {
    throw new StartError(whyNotListening(cause, host, port), { cause });
  }
}

function whyNotListening(cause: unknown, host: string, port: number): string {
  switch ((cause as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return `port ${port} is in use by another program; stop it or set another http.port`;
    case "EACCES":
      return `port ${port} needs more rights than this user has; set http.port to 1024 or above`;
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return `${host} is no address of this machine; set http.host to one that is, or to 127.0.0.1`;
    default:
      return `cannot listen on ${host}:${port} (${(cause as Error).message}); check http.host and http.port`;
  }
}
