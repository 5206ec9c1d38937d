import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createLog } from "../lib/log.ts";
import type { RouteRequest } from "../lib/route.ts";
import { NOW, panelAccount } from "./company.testing.ts";
import { sessionRoute } from "./session-route.ts";
import { PanelSessions } from "./sessions.ts";

const clock = { now: () => NOW };
const MAIN = "https://main.amocrm.ru";
const SECOND = "https://second.amocrm.ru";

const token = (iss: string) =>
  new SignJWT({ iss, aud: "https://pbx.example.org", client_uuid: "the-integration", account_id: 1, user_id: 504141 })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime(NOW / 1000 + 1800)
    .sign(new TextEncoder().encode("the-secret"));

function service() {
  const logged: string[] = [];
  const sessions = new PanelSessions(clock);
  const route = sessionRoute({
    accounts: [panelAccount("main"), panelAccount("second")],
    sessions,
    clock,
    log: createLog({ level: "debug", format: "json" }, { write: (line) => void logged.push(line) }),
  });
  const ask = async (headers: Record<string, string>) => {
    const request: RouteRequest = {
      params: {},
      query: new URLSearchParams(),
      header: (name) => headers[name],
      body: "",
      ip: "203.0.113.7",
    };
    const { status, body } = await route.handle(request);
    return { status, answer: JSON.parse(String(body)) };
  };
  return { sessions, route, ask, logged };
}

test("only the accounts' own pages may call it, with the header that amoCRM adds", () => {
  const { route } = service();
  expect(route.cors).toEqual({ origins: [MAIN, SECOND], requestHeaders: ["X-Auth-Token", "Content-Type"] });
});

test("a genuine token is worth a ticket of its user, each time anew", async () => {
  const { ask, sessions } = service();
  const jwt = await token(MAIN);
  const [one, two] = [
    await ask({ "x-auth-token": jwt, origin: MAIN }),
    await ask({ "x-auth-token": jwt, origin: MAIN }),
  ];
  expect(one.status).toBe(200);
  expect(one.answer.ticket).not.toBe(two.answer.ticket);
  expect(sessions.takeTicket(one.answer.ticket)).toEqual({ account: "main", userId: 504141 });
});

describe("refused, in words without the reason, which is for the log alone", () => {
  test.each([
    ["no token", async () => ({ origin: MAIN }), "unreadable"],
    ["a novel", async () => ({ "x-auth-token": "x".repeat(5_000), origin: MAIN }), "unreadable"],
    [
      "one customer's token on another customer's page",
      async () => ({ "x-auth-token": await token(MAIN), origin: SECOND }),
      "foreign-account",
    ],
  ])("%s", async (_, headersOf, fault) => {
    const { ask, logged } = service();
    const headers: Record<string, string> = await headersOf();
    expect(await ask(headers)).toEqual({
      status: 401,
      answer: { error: "token-refused", message: "amoCRM's token was not accepted; reload the page." },
    });
    expect(JSON.parse(logged.join())).toMatchObject({ level: "warn", fault });
    const sent = headers["x-auth-token"];
    if (sent !== undefined) expect(logged.join()).not.toContain(sent);
  });
});
