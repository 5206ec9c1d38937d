import { createHmac } from "node:crypto";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CLIENT_ID, REDIRECT, SECRET, startTestStand, type TestStand } from "../test-kit/stand.ts";
import { createIntegration, disablingHookUrl } from "./integrations.ts";

let stand: TestStand;
beforeAll(async () => {
  stand = await startTestStand();
});
afterAll(() => stand[Symbol.asyncDispose]());

const MINUTE = 60_000;
const exchange = (fields: Record<string, unknown>) =>
  stand.raw("/oauth2/access_token", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ client_id: CLIENT_ID, client_secret: SECRET, redirect_uri: REDIRECT, ...fields }),
  });
const byCode = (code: string) => exchange({ grant_type: "authorization_code", code });
const byRefresh = (refresh_token: string) => exchange({ grant_type: "refresh_token", refresh_token });
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
const signedIn = async (user: number) => {
  const { headers } = await stand.raw(`/login?as=${user}`);
  return { cookie: headers.get("set-cookie")?.split(";")[0] ?? "" };
};

test("a person allows, and the redirect address gets code, referer, platform and state", async () => {
  const asked = await stand.raw(`/oauth?client_id=${CLIENT_ID}&state=abc&mode=post_message`, {
    headers: await signedIn(504141),
  });
  expect(asked.text).toContain("Окна Севера");
  const decide = async (decision: string) =>
    stand.raw("/oauth", {
      method: "POST",
      headers: await signedIn(504141),
      body: new URLSearchParams({ client_id: CLIENT_ID, state: "abc", mode: "post_message", decision }),
    });
  const allowed = new URL((await decide("allow")).headers.get("location") ?? "");
  expect(allowed.origin + allowed.pathname).toBe(REDIRECT);
  expect(Object.fromEntries(allowed.searchParams)).toMatchObject({ referer: stand.host, platform: "1", state: "abc" });
  expect((await byCode(allowed.searchParams.get("code") ?? "")).status).toBe(200);
  const denied = new URL((await decide("deny")).headers.get("location") ?? "");
  expect(Object.fromEntries(denied.searchParams)).toEqual({ error: "access_denied", state: "abc" });
});

test("the first grant is an admin's; nobody is asked before he signs in", async () => {
  stand.controls.registerIntegration({ client_id: "fresh", redirect_uri: REDIRECT });
  expect((await stand.raw("/oauth?client_id=fresh", { headers: await signedIn(504142) })).status).toBe(403);
  expect((await stand.raw("/oauth?client_id=fresh")).headers.get("location")).toContain("/login?to=");
});

test("the code works once and for twenty minutes", async () => {
  const used = stand.controls.issueCode(CLIENT_ID);
  const pair = (await byCode(used)).json;
  expect(pair).toMatchObject({ token_type: "Bearer", expires_in: 86_400 });
  expect(pair.server_time).toBeTypeOf("number");
  expect((await byCode(used)).json).toMatchObject({ status: 400, hint: "Authorization code has been revoked" });
  expect((await byCode("nonsense")).json).toMatchObject({ status: 400, hint: "Cannot decrypt the authorization code" });
  const late = stand.controls.issueCode(CLIENT_ID);
  await stand.clock.advance(20 * MINUTE);
  expect((await byCode(late)).json).toEqual({
    hint: "Authorization code has expired",
    title: "Некорректный запрос",
    type: "https://developers.amocrm.ru/v3/errors/OAuthProblemJson",
    status: 400,
    detail: "В запросе отсутствует ряд параметров или параметры невалидны",
  });
});

test("a refresh token is used once and gives a new pair", async () => {
  const first = (await byCode(stand.controls.issueCode(CLIENT_ID))).json;
  const second = (await byRefresh(first.refresh_token)).json;
  expect(second.refresh_token).not.toBe(first.refresh_token);
  const again = await byRefresh(first.refresh_token);
  expect([again.status, again.json.hint]).toEqual([401, "Token has been revoked"]);
  expect((await byRefresh("nonsense")).json).toMatchObject({ status: 400, hint: "Invalid refresh token" });
  expect((await byRefresh(second.refresh_token)).status).toBe(200);
});

test("a wrong secret or client is 401 without a hint, a wrong redirect address 400", async () => {
  for (const wrong of [{ client_secret: "no" }, { client_id: "nobody" }]) {
    const { status, json } = await exchange({ grant_type: "authorization_code", code: "x", ...wrong });
    expect([status, json.title, json.hint]).toEqual([401, "Некорректный клиент", undefined]);
  }
  expect(
    (await exchange({ grant_type: "authorization_code", code: "x", redirect_uri: "https://other.example" })).status,
  ).toBe(400);
});

test("the access token is a JWT that names account and api_domain, and dies after a day", async () => {
  const { access_token } = (await byCode(stand.controls.issueCode(CLIENT_ID))).json;
  const head = JSON.parse(Buffer.from(access_token.split(".")[0], "base64url").toString());
  expect(head).toEqual({ typ: "JWT", alg: "RS256" });
  expect(claimsOf(access_token)).toMatchObject({
    aud: CLIENT_ID,
    account_id: 12345678,
    api_domain: stand.host,
    sub: "504141",
  });
  const ask = () => stand.raw("/api/v4/account", { headers: { authorization: `Bearer ${access_token}` } });
  expect((await ask()).status).toBe(200);
  await stand.clock.advance(24 * 60 * MINUTE);
  expect((await ask()).json).toEqual({
    title: "Unauthorized",
    type: "https://httpstatus.es/401",
    status: 401,
    detail: "Invalid user name or password",
  });
});

test("disabling kills every token and tells the owner, signed", async () => {
  const integration = createIntegration({ client_id: CLIENT_ID, client_secret: SECRET, redirect_uri: REDIRECT });
  const url = new URL(disablingHookUrl("http://127.0.0.1:9/bye", integration, 12345678));
  expect(url.searchParams.get("signature")).toBe("6ac2dc06dd9bf6e9b8e2ec64f6cfb6828e8896de37381aac0dd5a70a985b6700");

  const called = Promise.withResolvers<URL>();
  await using owner = await listenOnce((path) => called.resolve(new URL(path, "http://x")));
  stand.controls.registerIntegration({
    client_id: "gone",
    client_secret: "k",
    redirect_uri: REDIRECT,
    disabling_hook: `${owner.url}/bye`,
  });
  const token = stand.controls.issueLongLivedToken("gone");
  const ask = () => stand.raw("/api/v4/account", { headers: { authorization: `Bearer ${token}` } });
  expect((await ask()).status).toBe(200);
  stand.controls.disableIntegration("gone");
  expect((await ask()).status).toBe(401);
  const { searchParams } = await called.promise;
  expect(searchParams.get("client_uuid")).toBe("gone");
  expect(searchParams.get("signature")).toBe(createHmac("sha256", "k").update("gone|12345678").digest("hex"));
});

test("an external integration gets its keys before the browser comes back with the code, and no users", async () => {
  const secrets = Promise.withResolvers<Record<string, string>>();
  await using owner = await listenOnce((_, body) => secrets.resolve(JSON.parse(body)));
  const metadata = {
    name: "Своя АТС",
    redirect_uri: REDIRECT,
    secrets_uri: `${owner.url}/keys`,
    scopes: "crm,notifications",
    state: "s1",
  };
  const consent = await stand.raw(`/oauth?${new URLSearchParams(metadata)}`, { headers: await signedIn(504141) });
  expect(consent.text).toContain("Своя АТС");
  const allowed = await stand.raw("/oauth", {
    method: "POST",
    headers: await signedIn(504141),
    body: new URLSearchParams({ ...metadata, decision: "allow" }),
  });
  const { client_id, client_secret, state } = await secrets.promise;
  const { searchParams } = new URL(allowed.headers.get("location") ?? "");
  expect([state, searchParams.get("state")]).toEqual(["s1", "s1"]);
  const code = searchParams.get("code");
  const { json } = await exchange({ client_id, client_secret, grant_type: "authorization_code", code });
  const ask = (path: string) => stand.raw(path, { headers: { authorization: `Bearer ${json.access_token}` } });
  expect([(await ask("/api/v4/leads")).status, (await ask("/api/v4/users")).status]).toEqual([200, 403]);
});

test("the install hook brings a working code with from_widget", async () => {
  const called = Promise.withResolvers<URL>();
  await using owner = await listenOnce((path) => called.resolve(new URL(path, "http://x")));
  stand.controls.registerIntegration({ client_id: "hooked", client_secret: SECRET, redirect_uri: `${owner.url}/in` });
  stand.controls.fireInstallHook("hooked");
  const { searchParams } = await called.promise;
  expect([searchParams.get("referer"), searchParams.has("from_widget"), searchParams.has("state")]).toEqual([
    stand.host,
    true,
    false,
  ]);
  const pair = await exchange({
    client_id: "hooked",
    redirect_uri: `${owner.url}/in`,
    grant_type: "authorization_code",
    code: searchParams.get("code"),
  });
  expect(pair.status).toBe(200);
});

test("the page gets one disposable token for 25 minutes, signed for the integration's server", async () => {
  const headers = { ...(await signedIn(504142)), "x-requested-with": "XMLHttpRequest" };
  const ask = async () =>
    (await stand.raw(`/ajax/v2/integrations/${CLIENT_ID}/disposable_token`, { headers })).json.token as string;
  const token = await ask();
  const [head, body, signature] = token.split(".");
  expect(signature).toBe(createHmac("sha256", SECRET).update(`${head}.${body}`).digest("base64url"));
  const claims = claimsOf(token);
  expect(claims).toMatchObject({
    iss: stand.url,
    aud: "http://127.0.0.1",
    account_id: 12345678,
    client_uuid: CLIENT_ID,
    user_id: 504142,
    is_admin: false,
  });
  expect(claims.exp - claims.iat).toBe(1800);
  await stand.clock.advance(24 * MINUTE);
  expect(await ask()).toBe(token);
  await stand.clock.advance(2 * MINUTE);
  expect(await ask()).not.toBe(token);
  expect((await stand.raw(`/ajax/v2/integrations/${CLIENT_ID}/disposable_token`)).status).toBe(401);
});

test("a client finds its renamed account by the refresh token, and an older one by the access token", async () => {
  const { refresh_token, access_token } = (await byCode(stand.controls.issueCode(CLIENT_ID))).json;
  const ask = (token: string) =>
    stand.raw("/oauth2/account/current/subdomain", { headers: { "x-refresh-token": token } });
  expect((await ask(refresh_token)).json).toMatchObject({ id: 12345678, subdomain: "okna-severa", domain: stand.host });
  expect((await ask("nonsense")).status).toBe(401);
  const before = (token: string) =>
    stand.raw("/oauth2/account/subdomain", { headers: { authorization: `Bearer ${token}` } });
  expect((await before(access_token)).json).toEqual((await ask(refresh_token)).json);
  expect((await before(refresh_token)).status).toBe(401);
});

async function listenOnce(onRequest: (path: string, body: string) => void) {
  const server = createServer(async (request, response) => {
    onRequest(request.url ?? "", await text(request));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
