/** Puts routes that know no framework onto fastify: bodies, CORS, ranges, HEAD. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Cors, RangedBody, Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import { readRange } from "./range.ts";

const DEFAULT_BODY_LIMIT = 16 * 1024;

/** How long a browser may remember a preflight's answer; Chromium heeds two hours at most. */
const PREFLIGHT_SECONDS = 7200;

export function mount(server: FastifyInstance, route: Route): void {
  server.route({
    method: route.method === "GET" ? ["GET", "HEAD"] : [route.method],
    url: route.path,
    bodyLimit: route.bodyLimit ?? DEFAULT_BODY_LIMIT,
    handler: async (request, reply) => {
      if (route.cors && !allowOrigin(request, reply, route.cors)) {
        return reply.code(403).send({ error: "origin-refused", message: "This page may not call the service." });
      }
      return send(request, reply, await route.handle(toRouteRequest(request)));
    },
  });
  const { cors } = route;
  if (cors) {
    server.options(route.path, async (request, reply) => {
      if (allowOrigin(request, reply, cors)) {
        reply.headers({
          "access-control-allow-methods": route.method,
          "access-control-allow-headers": cors.requestHeaders.join(", "),
          "access-control-max-age": String(PREFLIGHT_SECONDS),
        });
      }
      return reply.code(204).send();
    });
  }
}

/** False when a page of a foreign origin asks. Programs send no Origin: what they show must speak for them. */
function allowOrigin(request: FastifyRequest, reply: FastifyReply, { origins }: Cors): boolean {
  const { origin } = request.headers;
  reply.header("vary", "origin");
  if (origin === undefined) return true;
  if (!origins.includes(origin)) return false;
  reply.headers({ "access-control-allow-origin": origin, "cross-origin-resource-policy": "cross-origin" });
  return true;
}

function toRouteRequest(request: FastifyRequest): RouteRequest {
  return {
    // fastify fills the parts that the path names; all of them are texts
    params: request.params as Record<string, string>,
    query: new URL(request.url, "http://any").searchParams,
    header: (name) => {
      const value = request.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
    body: typeof request.body === "string" ? request.body : "",
    ip: request.ip,
  };
}

function send(request: FastifyRequest, reply: FastifyReply, { status, headers, body }: RouteAnswer): FastifyReply {
  reply.code(status).headers(headers ?? {});
  if (typeof body === "string") return reply.send(body);
  // fastify takes buffers, and a plain view of bytes is one without a copy
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  return body ? sendRanged(request, reply, body) : reply.send();
}

function sendRanged(request: FastifyRequest, reply: FastifyReply, { size, etag, open }: RangedBody): FastifyReply {
  const quoted = `"${etag}"`;
  reply.headers({ "accept-ranges": "bytes", etag: quoted });
  if (request.headers["if-none-match"] === quoted) return reply.code(304).send();
  const condition = request.headers["if-range"];
  const isMeant = request.method === "GET" && (condition === undefined || condition === quoted);
  const asked = isMeant ? request.headers.range : undefined;
  const range = readRange(asked, size);
  if (range === "unsatisfiable") {
    return reply.code(416).header("content-range", `bytes */${size}`).removeHeader("content-type").send();
  }
  if (range !== "whole") reply.code(206).header("content-range", `bytes ${range.start}-${range.end}/${size}`);
  const { start, end } = range === "whole" ? { start: 0, end: size - 1 } : range;
  reply.header("content-length", String(end - start + 1));
  return request.method === "HEAD" || size === 0 ? reply.send() : reply.send(open(start, end));
}
