/** Over a real socket: what browsers are told, what is refused, ranges, errors without internals, a clean end. */
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { connect as connectTls } from "node:tls";
import { afterEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { createLog } from "../lib/log.ts";
import { createMetrics } from "../lib/metrics.ts";
import type { Route, RouteAnswer } from "../lib/route.ts";
import { StartError } from "../lib/start-error.ts";
import { healthRoutes, type LateWork } from "./health.ts";
import { pageRoutes } from "./pages.ts";
import { frameAncestors, panelPolicy } from "./security-headers.ts";
import { type HttpOptions, serveHttp } from "./server.ts";

const CRM = "https://example.amocrm.ru";
const SOUND = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));
const CERTIFICATE = {
  cert: join(import.meta.dirname, "testing/localhost.cert.pem"),
  key: join(import.meta.dirname, "testing/localhost.key.pem"),
};

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

const logged: string[] = [];

async function serve(routes: readonly Route[], options: Partial<HttpOptions> = {}): Promise<string> {
  logged.length = 0;
  const server = await serveHttp({
    host: "127.0.0.1",
    port: 0,
    tls: null,
    trustedProxies: [],
    sockets: [],
    log: createLog({ level: "debug", format: "json" }, { write: (line) => void logged.push(line) }),
    metrics: createMetrics(),
    ...options,
    routes,
  });
  stack.use(server);
  return server.url;
}

const route = (path: string, answer: RouteAnswer | (() => Promise<RouteAnswer>), more: Partial<Route> = {}): Route => ({
  method: "GET",
  path,
  handle: async () => (typeof answer === "function" ? answer() : answer),
  ...more,
});

const sound = route("/recordings/:link", {
  status: 200,
  headers: { "content-type": "audio/mpeg", "cross-origin-resource-policy": "cross-origin" },
  body: { size: SOUND.length, etag: "v1", open: (start, end) => Readable.from([SOUND.subarray(start, end + 1)]) },
});

test("every answer forbids sniffing, framing and telling where one came from, errors included", async () => {
  const url = await serve([route("/here", { status: 200, body: "x" })]);
  for (const path of ["/here", "/nowhere"]) {
    const { headers } = await fetch(url + path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
  }
});

describe("ranges of a recording", () => {
  test.each([
    ["the whole", {}, 200, 0, 1000, undefined],
    ["from the start", { range: "bytes=0-99" }, 206, 0, 100, "bytes 0-99/1000"],
    ["to the end", { range: "bytes=900-" }, 206, 900, 1000, "bytes 900-999/1000"],
    ["the last", { range: "bytes=-10" }, 206, 990, 1000, "bytes 990-999/1000"],
    ["of the same file", { range: "bytes=5-9", "if-range": '"v1"' }, 206, 5, 10, "bytes 5-9/1000"],
    ["of a file that has changed", { range: "bytes=5-9", "if-range": '"v0"' }, 200, 0, 1000, undefined],
  ])("%s", async (_, headers, status, start, end, contentRange) => {
    const answer = await fetch(`${await serve([sound])}/recordings/x`, { headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("accept-ranges")).toBe("bytes");
    expect(answer.headers.get("content-range") ?? undefined).toBe(contentRange);
    expect(answer.headers.get("content-length")).toBe(String(end - start));
    expect(answer.headers.get("cross-origin-resource-policy")).toBe("cross-origin");
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(SOUND.subarray(start, end));
  });

  test("HEAD tells the length and sends nothing", async () => {
    const url = `${await serve([sound])}/recordings/x`;
    // A range says what to send, and nothing is sent.
    for (const headers of [{}, { range: "bytes=0-99" }]) {
      const answer = await fetch(url, { method: "HEAD", headers });
      expect([answer.status, answer.headers.get("content-length")]).toEqual([200, "1000"]);
      expect(await answer.text()).toBe("");
    }
  });

  test("behind the end there is nothing", async () => {
    const answer = await fetch(`${await serve([sound])}/recordings/x`, { headers: { range: "bytes=1000-" } });
    expect(answer.status).toBe(416);
    expect(answer.headers.get("content-range")).toBe("bytes */1000");
  });

  test("what the browser has already is not sent again", async () => {
    const answer = await fetch(`${await serve([sound])}/recordings/x`, { headers: { "if-none-match": '"v1"' } });
    expect(answer.status).toBe(304);
  });
});

describe("pages of other origins", () => {
  const session = route(
    "/panel/session",
    { status: 200, body: "{}" },
    {
      method: "POST",
      cors: { origins: [CRM], requestHeaders: ["x-auth-token", "content-type"] },
    },
  );

  test("the account's page may ask first and then call", async () => {
    const url = await serve([session]);
    const preflight = await fetch(`${url}/panel/session`, { method: "OPTIONS", headers: { origin: CRM } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe(CRM);
    expect(preflight.headers.get("access-control-allow-headers")).toContain("x-auth-token");
    const answer = await fetch(`${url}/panel/session`, { method: "POST", headers: { origin: CRM } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get("access-control-allow-origin")).toBe(CRM);
    expect(answer.headers.get("vary")).toBe("origin");
  });

  test.each(["https://evil.example", "https://example.amocrm.ru.evil.example", "http://example.amocrm.ru", "null"])(
    "%s may not",
    async (origin) => {
      const url = await serve([session]);
      const preflight = await fetch(`${url}/panel/session`, { method: "OPTIONS", headers: { origin } });
      expect(preflight.headers.has("access-control-allow-origin")).toBe(false);
      const answer = await fetch(`${url}/panel/session`, { method: "POST", headers: { origin } });
      expect(answer.status).toBe(403);
      expect(answer.headers.has("access-control-allow-origin")).toBe(false);
    },
  );
});

describe("errors tell nothing of the inside", () => {
  test("a route that fails is a plain 500 and a line in the log", async () => {
    const url = await serve([route("/broken", () => Promise.reject(new Error("at /home/secret/path")))]);
    const answer = await fetch(`${url}/broken`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({
      error: "internal",
      message: "The service failed at this request. Its log says why.",
    });
    expect(logged.join()).toContain("/home/secret/path");
  });

  test("a body above the route's limit is refused, one of any type is read", async () => {
    const echo: Route = {
      method: "POST",
      path: "/echo",
      bodyLimit: 100,
      handle: async ({ body }) => ({ status: 200, body }),
    };
    const url = await serve([echo]);
    const post = (body: string, type: string) =>
      fetch(`${url}/echo`, { method: "POST", body, headers: { "content-type": type } });
    expect((await post("x".repeat(101), "text/plain")).status).toBe(413);
    expect(await (await post("a[b]=%D0%B6", "application/x-www-form-urlencoded")).text()).toBe("a[b]=%D0%B6");
    expect(await (await post("{broken", "application/json")).text()).toBe("{broken");
  });

  test("no path is written to the log, only the route's pattern", async () => {
    const url = await serve([sound]);
    await (await fetch(`${url}/recordings/very-secret-link`)).arrayBuffer();
    await (await fetch(`${url}/very-secret-path`)).arrayBuffer();
    expect(logged.join()).toContain("/recordings/:link");
    expect(logged.join()).not.toContain("very-secret");
  });
});

describe("who may read the figures", () => {
  const health = (ready: boolean, late: readonly LateWork[] = []) =>
    healthRoutes({
      late: async () => late,
      metrics: createMetrics(),
      metricsToken: "a-very-long-token",
      checks: [
        { name: "store", isReady: () => true },
        { name: "pbx office", isReady: () => ready },
      ],
    });

  test.each([
    ["this machine", {}, 200],
    ["through a proxy", { "x-forwarded-for": "203.0.113.7" }, 403],
    ["through a proxy, pretending", { forwarded: "for=127.0.0.1" }, 403],
    ["with the token", { "x-forwarded-for": "203.0.113.7", authorization: "Bearer a-very-long-token" }, 200],
    ["with a wrong token", { authorization: "Bearer a-very-long-tokem" }, 403],
  ])("%s", async (_, headers, status) => {
    const answer = await fetch(`${await serve(health(true))}/metrics`, { headers });
    expect(answer.status).toBe(status);
    expect((await answer.text()).includes("kommutator_pbx_up")).toBe(status === 200);
  });

  test("not ready says what it waits for", async () => {
    const url = await serve(health(false));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const answer = await fetch(`${url}/readyz`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ state: "waiting", waitingFor: ["pbx office"] });
  });

  test("what is late is told beside, and is no reason to get no traffic", async () => {
    const late = [
      { name: "webhook main/erp", waiting: 3, setAside: 0, nextTryAt: 5, reason: "the receiver answered 500" },
    ];
    const answer = await fetch(`${await serve(health(true, late))}/readyz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ state: "ready", late });
  });
});

describe("pages", () => {
  async function servePages(): Promise<string> {
    const directory = temporaryFolder();
    await writeFile(join(directory, "index.html"), "<!doctype html>panel");
    await writeFile(join(directory, "main.js"), "let x = 1;".repeat(500));
    const policy = (referer: string | undefined) =>
      panelPolicy("https://pbx.example.org", frameAncestors(referer, [[CRM]]));
    return serve(pageRoutes({ directory, base: "/panel/", policy: (request) => policy(request.header("referer")) }));
  }

  test("the page may be framed by the account's CRM alone and runs only our own files", async () => {
    const answer = await fetch(`${await servePages()}/panel/`);
    expect(await answer.text()).toBe("<!doctype html>panel");
    const policy = answer.headers.get("content-security-policy") ?? "";
    expect(policy).toContain(`frame-ancestors ${CRM}`);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("connect-src 'self' wss://pbx.example.org;");
  });

  test("a script is packed, and not sent twice", async () => {
    const url = await servePages();
    const answer = await fetch(`${url}/panel/main.js`);
    expect(answer.headers.get("content-encoding")).toMatch(/br|gzip/);
    expect(await answer.text()).toHaveLength(5000);
    const again = await fetch(`${url}/panel/main.js`, {
      headers: { "if-none-match": answer.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("no path leads out of the directory", async () => {
    const url = new URL(await servePages());
    const socket = connect(Number(url.port), url.hostname);
    stack.defer(() => void socket.destroy());
    socket.write("GET /panel/../../../../etc/passwd HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(String(await once(socket, "data"))).toMatch(/^HTTP\/1.1 404/);
  });

  test("pages that were not built are told as such", () => {
    expect(() => pageRoutes({ directory: tmpdir(), base: "/panel/", policy: () => "" })).toThrow(StartError);
  });
});

describe("frames", () => {
  const two = [["https://one.amocrm.ru"], ["https://two.amocrm.ru"]];
  test.each([
    ["https://one.amocrm.ru/leads/", two, "https://one.amocrm.ru"],
    ["https://evil.example/", two, "https://*.amocrm.ru https://*.amocrm.com https://*.kommo.com"],
    [
      undefined,
      [["https://one.amocrm.ru", "https://api-b.amocrm.ru"]],
      "https://one.amocrm.ru https://api-b.amocrm.ru",
    ],
  ])("asked from %s", (referer, origins, ancestors) => {
    expect(frameAncestors(referer, origins)).toBe(ancestors);
  });
});

describe("starting", () => {
  test("a port in use is one sentence with the remedy", async () => {
    const { port } = new URL(await serve([]));
    await expect(serve([], { port: Number(port) })).rejects.toThrow(
      `port ${port} is in use by another program; stop it or set another http.port`,
    );
  });

  test("a certificate that is none is told as such", async () => {
    await expect(serve([], { tls: { cert: CERTIFICATE.key, key: CERTIFICATE.key } })).rejects.toThrow(/http\.tls/);
    await expect(serve([], { tls: { cert: "/nowhere.pem", key: CERTIFICATE.key } })).rejects.toThrow(
      "the file /nowhere.pem cannot be read (ENOENT)",
    );
  });

  test("TLS answers", async () => {
    const url = new URL(await serve([route("/", { status: 200, body: "hello" })], { tls: CERTIFICATE }));
    expect(url.protocol).toBe("https:");
    const socket = connectTls({ port: Number(url.port), host: "127.0.0.1", rejectUnauthorized: false });
    stack.defer(() => void socket.destroy());
    socket.write("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    expect(String(await once(socket, "data"))).toContain("200 OK");
  });
});

describe("ending", () => {
  test("an answer under way is finished before the server is gone", async () => {
    const started = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const slow = route("/slow", async () => {
      started.resolve();
      await goOn.promise;
      return { status: 200, body: "done" };
    });
    const url = await serve([slow]);
    const answer = fetch(`${url}/slow`);
    await started.promise;
    const ended = stack.disposeAsync();
    goOn.resolve();
    expect(await (await answer).text()).toBe("done");
    await ended;
    await expect(fetch(`${url}/slow`)).rejects.toThrow();
  });

  test("an answer that never ends does not hold the server for ever", async () => {
    const started = Promise.withResolvers<void>();
    const endless = route("/endless", {
      status: 200,
      body: {
        size: 10,
        etag: "x",
        open: () => {
          started.resolve();
          return new Readable({ read() {} });
        },
      },
    });
    const url = await serve([endless], { graceMs: 50 });
    const answer = fetch(`${url}/endless`).then((response) => response.text());
    answer.catch(() => undefined); // judged below, after the server has ended
    await started.promise;
    await stack.disposeAsync();
    await expect(answer).rejects.toThrow();
  });

  test("sockets are told, and cut when they do not go", async () => {
    let told = 0;
    const url = new URL(
      await serve([], {
        graceMs: 50,
        sockets: [
          {
            path: "/socket",
            upgrade: (_request, socket) => void socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            closeAll: () => void told++,
          },
        ],
      }),
    );
    const ask = async (path: string) => {
      const socket = connect(Number(url.port), url.hostname);
      stack.defer(() => void socket.destroy());
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n`);
      return { socket, answer: String(await once(socket, "data")) };
    };
    expect((await ask("/elsewhere")).answer).toMatch(/^HTTP\/1.1 404/);
    const { socket, answer } = await ask("/socket");
    expect(answer).toMatch(/^HTTP\/1.1 101/);
    const closed = once(socket, "close");
    await stack.disposeAsync();
    await closed;
    expect(told).toBe(1);
  });
});
