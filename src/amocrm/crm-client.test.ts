// How long amoCRM wants us to be silent, however it says so.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { LongLivedAccess } from "./access.ts";
import { CrmClient } from "./crm-client.ts";
import type { CrmError } from "./crm-error.ts";
import { CrmHttp } from "./crm-http.ts";
import { RateLimit } from "./rate-limit.ts";

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** What one request fails by, and for how long the account was silenced, ms. */
async function ask(status: number, headers: Record<string, string>, body: string) {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void server.close());
  const http = stack.use(new CrmHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  const lane = new RateLimit().lane();
  const silences: number[] = [];
  const client = new CrmClient({
    http,
    lane: { ...lane, turn: (urgency) => lane.turn(urgency), pause: (ms) => void silences.push(ms) },
    access: new LongLivedAccess("token"),
    onFailure: () => {},
  });
  const error: CrmError = await client.ask("call", { method: "GET", path: "/api/v4/account" }).then(
    () => expect.unreachable(),
    (reason) => reason,
  );
  return {
    code: error.code,
    remedy: error.remedy,
    detail: error.context.detail,
    badItems: error.context.badItems,
    asked: error.context.retryAfterSeconds,
    silences,
  };
}

const json = (retry_after: unknown) => JSON.stringify({ detail: "too many", retry_after });

test.each([
  ["nothing", {}, json(undefined), undefined, 1_000],
  ["the field", {}, json(300), 300, 300_000],
  ["the field, in a text", {}, json("300"), 300, 300_000],
  ["a field beyond all measure", {}, json(1e9), 900, 900_000],
  ["the header, above a page", { "retry-after": "120" }, "<html>429</html>", 120, 120_000],
  ["the header, and a field that is none", { "retry-after": "120" }, json("soon"), 120, 120_000],
  ["garbage in both", { "retry-after": "soon" }, json({}), undefined, 1_000],
  ["a time that is over", { "retry-after": "Fri, 01 Jan 2021 00:00:00 GMT" }, json(-5), undefined, 1_000],
])("a 429 with %s", async (_, headers: Record<string, string>, body, asked, silence) => {
  const failed = await ask(429, headers, body);
  expect(failed).toMatchObject({ code: "crm/rate-limited", asked, silences: [silence] });
  if (body.startsWith("{")) expect(failed.detail, "and its words are not lost").toBe("too many");
});

test.each([400, 404, 405, 413])(
  "a page with status %i is no word of the API's: nothing is put aside for it",
  async (status) => {
    expect(await ask(status, { "content-type": "text/html" }, "<h1>nginx</h1>")).toMatchObject({
      code: "crm/unreadable",
      remedy: "retry",
    });
  },
);

test.each([
  [404, "crm/entity-gone"],
  [400, "crm/invalid"],
])("a problem with status %i is", async (status, code) => {
  expect(await ask(status, {}, json(undefined))).toMatchObject({ code, remedy: "quarantine" });
});

test("a 503 may ask for it, too", async () => {
  expect(await ask(503, { "retry-after": "60" }, "")).toMatchObject({ code: "crm/unavailable", asked: 60 });
});

test.each([
  ["as documented", [{ request_id: "2", errors: [{ path: "name", detail: "is wrong" }] }], "name: is wrong", ["2"]],
  ["with numbers", { 1: { request_id: 2, errors: { 3: { path: "name", detail: null } } } }, "name: ", ["2"]],
  ["without names", [{ request_id: null, errors: null }, "x", null], "no", undefined],
  ["not at all", null, "no", undefined],
  ["in a way that nobody knows", "wrong", "no", undefined],
])("what is wrong with a request is told %s", async (_, errors, detail, badItems) => {
  const body = JSON.stringify({ title: null, detail: "no", "validation-errors": errors });
  expect(await ask(400, {}, body)).toMatchObject({ code: "crm/invalid", detail, badItems });
});
