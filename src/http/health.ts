/** Three addresses for machines: am I alive, can I work, what are my figures. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Metrics } from "../lib/metrics.ts";
import type { Route, RouteRequest } from "../lib/route.ts";

/** One thing without which the service should get no traffic. */
export interface ReadinessCheck {
  /** As `/readyz` names it: "store", "pbx office". The reason is in the log, not there. */
  readonly name: string;
  isReady(): boolean;
}

export interface HealthOptions {
  readonly metrics: Metrics;
  /** null: `/metrics` only for this very machine. */
  readonly metricsToken: string | null;
  readonly checks: readonly ReadinessCheck[];
}

export function healthRoutes({ metrics, metricsToken, checks }: HealthOptions): Route[] {
  return [
    { method: "GET", path: "/healthz", handle: async () => json(200, { state: "alive" }) },
    {
      method: "GET",
      path: "/readyz",
      handle: async () => {
        const waitingFor = checks.filter((check) => !check.isReady()).map(({ name }) => name);
        return waitingFor.length === 0 ? json(200, { state: "ready" }) : json(503, { state: "waiting", waitingFor });
      },
    },
    {
      method: "GET",
      path: "/metrics",
      handle: async (request) => {
        if (!mayReadMetrics(request, metricsToken)) return json(403, { error: "forbidden" });
        return {
          status: 200,
          headers: { "content-type": metrics.registry.contentType },
          body: await metrics.registry.metrics(),
        };
      },
    },
  ];
}

function mayReadMetrics(request: RouteRequest, token: string | null): boolean {
  const given = /^Bearer (.+)$/i.exec(request.header("authorization") ?? "")?.[1];
  if (given !== undefined) return token !== null && isSame(given, token);
  // A proxy on this machine speaks for the whole world, trusted or not.
  const isForwarded = request.header("x-forwarded-for") !== undefined || request.header("forwarded") !== undefined;
  return !isForwarded && /^(::ffff:)?127\.|^::1$/.test(request.ip);
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

function json(status: number, body: unknown) {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
