/** Only amoCRM's own word, about a user of this account, meant for us and of now, opens the panel. */
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { NOW, panelAccount } from "./company.testing.ts";
import { audienceOf, type TokenFault, TokenRefused, verifyDisposableToken } from "./disposable-token.ts";
import type { PanelAccount } from "./ports.ts";

const clock = { now: () => NOW };
const ISSUED = NOW / 1000;

/** The claims as documented (docs/protocols/amocrm-platform.md#disposable-tokens). */
const CLAIMS = {
  iss: "https://main.amocrm.ru",
  aud: "https://pbx.example.org",
  jti: "3f1d0a7e-7a53-4a53-9f5e-0d0f6f4f7b11",
  iat: ISSUED,
  nbf: ISSUED,
  exp: ISSUED + 1800,
  account_id: 12345678,
  subdomain: "main",
  client_uuid: "the-integration",
  user_id: 1,
  is_admin: true,
};

const sign = (claims: Record<string, unknown>, secret = "the-secret", alg = "HS256") =>
  new SignJWT(claims).setProtectedHeader({ alg, typ: "JWT" }).sign(new TextEncoder().encode(secret));

async function verdict(token: string, accounts: readonly PanelAccount[] = [panelAccount("main")]) {
  try {
    const { account, userId } = await verifyDisposableToken(token, accounts, clock);
    return { account: account.account.id, userId };
  } catch (error) {
    if (error instanceof TokenRefused) return error.fault;
    throw error;
  }
}

test("a genuine token names the account and the user, and does so again while it lives", async () => {
  const token = await sign(CLAIMS);
  expect(await verdict(token)).toEqual({ account: "main", userId: 1 });
  expect(await verdict(token)).toEqual({ account: "main", userId: 1 });
});

test.each<[name: string, change: Record<string, unknown>, fault: TokenFault]>([
  ["for another receiver", { aud: "https://other.example.org" }, "wrong-audience"],
  ["for a receiver with a port, which amoCRM never names", { aud: "https://pbx.example.org:8443" }, "wrong-audience"],
  ["for nobody", { aud: undefined }, "wrong-audience"],
  ["of yesterday", { exp: ISSUED - 61 }, "expired"],
  ["without an end", { exp: undefined }, "unreadable"],
  ["of tomorrow", { nbf: ISSUED + 61 }, "not-yet-valid"],
  ["of another integration", { client_uuid: "foreign" }, "foreign-integration"],
  ["of no integration", { client_uuid: undefined }, "foreign-integration"],
  ["of another account", { iss: "https://other.amocrm.ru" }, "foreign-account"],
  ["without a user", { user_id: undefined }, "no-user"],
  ["of user 0", { user_id: 0 }, "no-user"],
  ["of a user that is no number", { user_id: "1 or 2" }, "no-user"],
])("a token %s is refused", async (_, change, fault) => {
  expect(await verdict(await sign({ ...CLAIMS, ...change }))).toBe(fault);
});

describe("forged", () => {
  test("with another secret", async () => {
    expect(await verdict(await sign(CLAIMS, "a-guess"))).toBe("bad-signature");
  });

  test("with the other algorithm of amoCRM, that of bots", async () => {
    expect(await verdict(await sign(CLAIMS, "the-secret", "HS512"))).toBe("bad-signature");
  });

  test("without a signature", async () => {
    expect(await verdict(new UnsecuredJWT(CLAIMS).encode())).toMatch(/bad-signature|unreadable/);
  });

  test("with changed claims under a genuine signature", async () => {
    const [header, , signature] = (await sign(CLAIMS)).split(".");
    const claims = Buffer.from(JSON.stringify({ ...CLAIMS, user_id: 2 })).toString("base64url");
    expect(await verdict([header, claims, signature].join("."))).toBe("bad-signature");
  });

  test.each(["", "x", "a.b.c", "{}", "e30.e30."])("%o", async (token) => {
    expect(await verdict(token)).toMatch(/unreadable|foreign-integration/);
  });
});

test("a clock that is a little wrong locks nobody out", async () => {
  expect(await verdict(await sign({ ...CLAIMS, nbf: ISSUED + 30 }))).toEqual({ account: "main", userId: 1 });
});

test("numbers may come as texts", async () => {
  expect(await verdict(await sign({ ...CLAIMS, user_id: "1" }))).toEqual({ account: "main", userId: 1 });
});

test("one integration in several accounts: each token opens its own", async () => {
  const accounts = [panelAccount("main"), panelAccount("second")];
  expect(await verdict(await sign(CLAIMS), accounts)).toEqual({ account: "main", userId: 1 });
  const second = { ...CLAIMS, iss: "https://second.amocrm.ru" };
  expect(await verdict(await sign(second), accounts)).toEqual({ account: "second", userId: 1 });
});

test("where the account's number is known, it decides, and a renamed host does not lock out", async () => {
  const accounts = [panelAccount("main", { accountId: 12345678 })];
  const renamed = { ...CLAIMS, iss: "https://renamed.amocrm.ru" };
  expect(await verdict(await sign(renamed), accounts)).toEqual({ account: "main", userId: 1 });
  expect(await verdict(await sign({ ...CLAIMS, account_id: 87654321 }), accounts)).toBe("foreign-account");
});

test.each([
  ["https://pbx.example.org:8443/amocrm/oauth", "https://pbx.example.org"],
  ["https://pbx.example.org/", "https://pbx.example.org"],
  ["http://127.0.0.1:4010/x?y", "http://127.0.0.1"],
])("the receiver named by %s is %s", (redirectUrl, audience) => {
  expect(audienceOf(redirectUrl)).toBe(audience);
});
