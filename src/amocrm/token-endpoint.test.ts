// What amoCRM's token endpoint says is told by status and hint, and its titles are in any language.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { CrmHttp } from "./crm-http.ts";
import { RateLimit } from "./rate-limit.ts";
import { TokenEndpoint } from "./token-endpoint.ts";

let stack = new AsyncDisposableStack();
afterEach(async () => {
  await stack.disposeAsync();
  stack = new AsyncDisposableStack();
});

/** An endpoint that answers so. */
async function setUp(status: number, answer: unknown): Promise<TokenEndpoint> {
  const body = typeof answer === "string" ? answer : JSON.stringify(answer);
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(() => void server.close());
  const http = stack.use(new CrmHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
  const integration = { clientId: "c", clientSecret: "s", redirectUri: "https://pbx.example.org/" };
  return new TokenEndpoint({
    http,
    lane: new RateLimit().lane(),
    clock: { now: () => 1_000 },
    integration: async () => integration,
  });
}

test.each([
  ["a refresh token that is spent", 401, { hint: "Token has been revoked" }, "crm/refresh-refused"],
  ["a foreign refresh token", 400, { hint: "Invalid refresh token" }, "crm/refresh-refused"],
  ["a secret that is wrong", 401, { title: "Некорректный клиент" }, "crm/client-refused"],
  [
    "a secret that is wrong, and no hint of it",
    401,
    { title: "Некорректный клиент", hint: null },
    "crm/client-refused",
  ],
  ["a 401 of somebody else's", 401, "<html>", "crm/refresh-refused"],
  ["an account that is not paid", 402, {}, "crm/unpaid"],
  ["who asks too often", 429, "<html>", "crm/rate-limited"],
  ["who may ask nothing any more", 403, "<html>", "crm/blocked"],
  ["a failure after which the token may be spent", 502, "<html>", "crm/answer-lost"],
  ["an answer without tokens", 200, {}, "crm/answer-lost"],
  [
    "an answer with nothing for a token",
    200,
    { access_token: "", refresh_token: "r", expires_in: 1 },
    "crm/answer-lost",
  ],
  ["an empty answer", 200, "", "crm/answer-lost"],
  ["a redirect", 302, "", "crm/unavailable"],
])("%s", async (_, status, answer, code) => {
  const endpoint = await setUp(status, answer);
  await expect(endpoint.refresh("r")).rejects.toMatchObject({ code });
});

test("tokens are taken, whatever stands beside them, and however their life is written", async () => {
  const pair = { access_token: "a", refresh_token: "b", expires_in: "86400", server_time: 5, token_type: null };
  const endpoint = await setUp(200, pair);
  expect(await endpoint.exchangeCode("x")).toMatchObject({
    accessToken: "a",
    refreshToken: "b",
    expiresAt: 86_401_000,
  });
});
