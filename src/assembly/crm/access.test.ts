// Access is given once, renewed by itself, and when it is lost a person is told.
import { describe, expect, test } from "vitest";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import { CRM_PATHS } from "../../amocrm/paths.ts";
import { setUp } from "./crm.testing.ts";
import {
  CLIENT_ID,
  end,
  endedCall,
  giveAccess,
  notesOf,
  STRANGER,
  until,
  untilIndexed,
  type World,
} from "./world.testing.ts";

describe("access", () => {
  test("is asked for by a link, given by a consent, and survives a restart", async () => {
    const { crm, stand, publicUrl, redirectUrl, start, makeCrm } = await setUp({ connect: false });
    await until(() => crm.amocrm.connection.state.state === "needs-your-hand");
    expect(crm.amocrm.connection.state).toMatchObject({ reason: "crm/not-connected" });
    const link = await fetch(`${publicUrl}${CRM_PATHS.connect}/main`, { redirect: "manual" });
    const consent = new URL(link.headers.get("location") ?? "");
    expect(consent.origin).toBe(stand.url);
    const state = consent.searchParams.get("state");
    const code = stand.controls.issueCode(CLIENT_ID);
    const back = `${redirectUrl}?code=${code}&referer=${stand.host}&state=`;
    expect((await fetch(`${back}forged.state.x`)).status).toBe(400);
    expect((await fetch(`${back}${state}`)).status).toBe(200);
    expect(crm.amocrm.connection.state.state).toBe("connected");
    expect((await fetch(`${back}${state}`)).status, "the same code twice changes nothing").toBe(200);
    await crm.stop();
    const again = await start(makeCrm());
    await until(() => again.amocrm.connection.state.state === "connected");
  });

  test("of another account is refused", async () => {
    const { stand, redirectUrl } = await setUp({ connect: false });
    const code = stand.controls.issueCode(CLIENT_ID);
    expect((await fetch(`${redirectUrl}?code=${code}&referer=other.amocrm.ru`)).status).toBe(400);
  });

  test("to a wrong account number needs a hand", async () => {
    const { crm, stand, redirectUrl } = await setUp({ connect: false, settings: { accountId: 1 } });
    await giveAccess(stand, redirectUrl);
    expect(crm.amocrm.connection.state).toMatchObject({ state: "needs-your-hand", reason: "crm/wrong-account" });
  });

  test("that was switched off in amoCRM needs a hand, and calls wait", async () => {
    const { crm, stand, database, redirectUrl } = await setUp();
    stand.controls.disableIntegration(CLIENT_ID);
    await stand.controls.settled();
    expect(crm.amocrm.connection.state).toMatchObject({ state: "needs-your-hand", reason: "crm/disabled" });
    const call = endedCall("79001234567");
    const ended = end(crm, database, call);
    await until(async () => (await crm.outbox.summary()).waiting === 1);
    await giveAccess(stand, redirectUrl);
    await ended;
    expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["uniq"]).toBe(call.id);
  });

  test("is renewed once for fifty requests with an expired token", async () => {
    const { crm, stand, clock } = await setUp();
    const refreshes = () => stand.controls.requests({ method: "POST", path: "/oauth2/access_token" }).length;
    const before = refreshes();
    await clock.advance(25 * 3600 * 1000);
    const found = await Promise.all(
      Array.from({ length: 50 }, (_, n) => crm.createContact(`+7916111${String(n).padStart(4, "0")}`, null)),
    );
    expect(new Set(found.map(({ id }) => id)).size).toBe(50);
    expect(refreshes() - before).toBe(1);
  });

  test("whose renewal was lost on the way is told, and nothing loops", async () => {
    const { crm, stand, clock } = await setUp();
    stand.controls.addFault({ kind: "reset", performed: true, times: 1, path: "/oauth2/access_token" });
    stand.controls.clearRequests();
    await clock.advance(25 * 3600 * 1000);
    crm.amocrm.filler.hint("contacts", PEOPLE.anna.contact);
    await until(() => crm.amocrm.connection.state.state === "needs-your-hand");
    expect(crm.amocrm.connection.state).toMatchObject({ reason: "crm/refresh-answer-lost" });
    const asked = () => stand.controls.requests({ path: "/oauth2/access_token" }).length;
    expect(asked()).toBe(2);
    await expect(crm.createContact(STRANGER, null)).rejects.toMatchObject({ code: "outbox/closed" });
    await crm.amocrm.connection.check();
    expect(asked()).toBe(2);
  });

  test("by a long-lived token needs no consent, and its end is told", async () => {
    const { stand, makeCrm, crm, start, clock } = await setUp({ connect: false });
    await crm.stop();
    const longLived = await start(makeCrm({ longLivedToken: stand.controls.issueLongLivedToken(CLIENT_ID, 2) }));
    await until(() => longLived.amocrm.connection.state.state === "connected");
    await untilIndexed(longLived);
    await clock.advance(3 * 86_400_000);
    longLived.amocrm.filler.hint("contacts", PEOPLE.anna.contact);
    await until(() => longLived.amocrm.connection.state.state === "needs-your-hand");
    expect(longLived.amocrm.connection.state).toMatchObject({ reason: "crm/unauthorised" });
  });
});

describe("an external integration", () => {
  const external = { settings: { integration: null }, connect: false } as const;

  /** What the browser does with our page and amoCRM's, as an administrator who allows it. */
  async function consent({ stand, publicUrl }: World): Promise<Response> {
    const page = await (await fetch(`${publicUrl}${CRM_PATHS.connect}/main`)).text();
    const link = new URL(/href="([^"]+)"/.exec(page)?.[1]?.replaceAll("&#38;", "&") ?? "");
    expect(link.origin).toBe(stand.url);
    const answer = await fetch(`${stand.url}/oauth`, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: `stand_session_${new URL(stand.url).port}=${stand.controls.signIn()}` },
      body: new URLSearchParams({ ...Object.fromEntries(link.searchParams), mode: "post_message", decision: "allow" }),
    });
    return fetch(answer.headers.get("location") ?? "");
  }

  test("is made by the consent, writes calls, and is there after a restart", async () => {
    const world = await setUp(external);
    const { crm, stand, database, start, makeCrm, clock } = world;
    await until(() => crm.amocrm.connection.state.state === "needs-your-hand");
    expect((await consent(world)).status).toBe(200);
    await untilIndexed(crm);
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["uniq"]).toBe(call.id);
    await crm.stop();
    const again = await start(makeCrm());
    await clock.advance(25 * 3_600_000);
    again.amocrm.filler.hint("contacts", PEOPLE.anna.contact);
    await until(() => stand.controls.requests({ path: "/oauth2/access_token" }).length === 2);
    await until(() => again.amocrm.connection.state.state === "connected");
  });

  test("takes keys with our own state only, and an own integration takes none", async () => {
    const send = (publicUrl: string, state: string) =>
      fetch(`${publicUrl}${CRM_PATHS.secrets}/main`, {
        method: "POST",
        body: JSON.stringify({ client_id: "evil", client_secret: "evil", state }),
      });
    const { crm, publicUrl } = await setUp(external);
    expect((await send(publicUrl, "")).status).toBe(403);
    expect((await send(publicUrl, "a.b.c")).status).toBe(403);
    expect((await fetch(`${publicUrl}${CRM_PATHS.secrets}/main`, { method: "POST", body: "{" })).status).toBe(403);
    await expect(crm.amocrm.takeConsent(new URLSearchParams({ code: "x" }))).rejects.toMatchObject({
      code: "crm/not-connected",
    });
    const own = await setUp({ connect: false });
    const state = new URL(own.crm.amocrm.consentUrl()).searchParams.get("state") ?? "";
    expect((await send(own.publicUrl, state)).status).toBe(403);
  });
});
