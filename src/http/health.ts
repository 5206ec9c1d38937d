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

/** Something that the service can do without, and that somebody should look at. */
export interface LateWork {
  /** "webhook main/warehouse" */
  readonly name: string;
  readonly waiting: number;
  readonly setAside: number;
  /** Epoch milliseconds; null: nothing is tried by itself. */
  readonly nextTryAt: number | null;
  readonly reason: string | null;
}

export interface HealthOptions {
  readonly metrics: Metrics;
  /** null: `/metrics` only for this very machine. */
  readonly metricsToken: string | null;
  readonly checks: readonly ReadinessCheck[];
  /** Told beside the readiness, which it does not change. Must not reject. */
  readonly late: () => Promise<readonly LateWork[]>;
}

export function healthRoutes({ metrics, metricsToken, checks, late }: HealthOptions): Route[] {
  return [
    { method: "GET", path: "/healthz", handle: async () => json(200, { state: "alive" }) },
    {
      method: "GET",
      path: "/readyz",
      handle: async () => {
        const waitingFor = checks.filter((check) => !check.isReady()).map(({ name }) => name);
        const lateWork = await late();
        const also = lateWork.length === 0 ? {} : { late: lateWork };
        return waitingFor.length === 0
          ? json(200, { state: "ready", ...also })
          : json(503, { state: "waiting", waitingFor, ...also });
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
