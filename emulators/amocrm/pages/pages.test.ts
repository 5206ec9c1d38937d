/** The stand's pages in a real browser, with a widget out of a real archive. */
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startBrowser } from "../../../test/stage/browser.ts";
import { PEOPLE, PIPELINES, smallCompany } from "../small-company.ts";
import { CLIENT_ID, REDIRECT, SECRET, startTestStand, type TestStand } from "../test-kit/stand.ts";
import { MANIFEST, trialFiles, zip } from "../test-kit/widget.ts";

let stand: TestStand;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const failures: string[] = [];

beforeAll(async () => {
  stand = await startTestStand();
  browser = await startBrowser();
});
beforeEach(async () => {
  await stand.controls.reset(smallCompany());
  stand.controls.registerIntegration({ client_id: CLIENT_ID, client_secret: SECRET, redirect_uri: REDIRECT });
  context = await browser.newContext();
  page = await context.newPage();
  failures.length = 0;
  page.on("pageerror", (error) => failures.push(error.message));
});
afterEach(async () => {
  await context.close();
  expect(failures).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await stand[Symbol.asyncDispose]();
});

const open = async (path: string, user = 504141, on = page) => {
  await on.goto(`${stand.url}/login?as=${user}&to=${encodeURIComponent(path)}`);
  await on.locator("html[data-stand-ready]").waitFor();
};
const installTrial = (manifest: object = MANIFEST, settings = {}) =>
  stand.controls.uploadWidget(zip(trialFiles(manifest)), CLIENT_ID, { settings: { host: "h", ...settings } });
/** What the trial widget kept on the window. */
const trial = <T>(read: string): Promise<T> => page.evaluate(`window.trial.${read}`) as Promise<T>;
const addCall = (params: object, more: object = {}) =>
  stand.controls.entity("leads", PEOPLE.anna.lead) &&
  authorised("POST", `/api/v4/leads/${PEOPLE.anna.lead}/notes`, [
    {
      note_type: "call_in",
      created_by: 504142,
      responsible_user_id: 504142,
      ...more,
      params: { uniq: "u", duration: 75, source: "PBX", phone: "+79001234567", ...params },
    },
  ]);
const authorised = (method: string, path: string, body: unknown) =>
  stand.api(method, path, body, { authorization: `Bearer ${stand.controls.issueLongLivedToken(CLIENT_ID)}` });

describe("pages", () => {
  test("says that it is a practice stand, and asks who one is", async () => {
    await page.goto(stand.url);
    expect(await page.getByText("Учебный стенд, не CRM").isVisible()).toBe(true);
    await page.getByRole("button", { name: "Борис Тимофеев" }).click();
    await page.waitForURL(`${stand.url}/leads/`);
    expect(await page.getByRole("link", { name: "Борис Тимофеев" }).isVisible()).toBe(true);
  });

  test("a new unsorted lead appears without a reload and is accepted with a button", async () => {
    await open(`/leads/pipeline/${PIPELINES.service}`);
    const column = page.getByRole("region", { name: "Неразобранное" });
    const metadata = { phone: "79990000000", called_at: 1, duration: 7, link: "", service_code: "m", uniq: "1" };
    const contact = {
      name: "Незнакомец",
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+79990000000" }] }],
    };
    await authorised("POST", "/api/v4/leads/unsorted/sip", [
      {
        source_uid: "s",
        source_name: "S",
        pipeline_id: PIPELINES.service,
        metadata,
        _embedded: { leads: [{ name: "Звонок 79990000000" }], contacts: [contact] },
      },
    ]);
    await column.getByText("Звонок 79990000000").waitFor();
    await column.getByRole("button", { name: "Принять" }).click();
    await page.getByRole("region", { name: "Новая заявка" }).getByText("Звонок 79990000000").waitFor();
    expect(await column.getByRole("article").count()).toBe(0);
  });

  test("a call in the feed: who, how long, how it ended; it plays only with source and link", async () => {
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    await addCall({
      call_responsible: 504142,
      call_status: 4,
      call_result: "dst: 202",
      link: "https://x.example/1.mp3",
    });
    const note = page.locator(".feed-note-call_in");
    await note.waitFor();
    expect(await note.locator(".feed-note__call-people").textContent()).toBe(
      "от кого: +79001234567 кому: Борис Тимофеев",
    );
    expect(await note.locator(".feed-note__call-duration").textContent()).toBe("01:15");
    expect(await note.locator(".feed-note__call-status").textContent()).toBe("Разговор состоялся, dst: 202");
    const play = note.locator("a.feed-note__blue-link.feed-note__call-player.js-call-play");
    expect([await play.getAttribute("href"), await play.getAttribute("data-prepare")]).toEqual([
      "https://x.example/1.mp3",
      "PBX",
    ]);
    await addCall(
      { call_responsible: "Секретарь", source: "", link: "https://x.example/2.mp3" },
      { note_type: "call_out" },
    );
    const other = page.locator(".feed-note-call_out");
    await other.waitFor();
    expect(await other.locator(".feed-note__call-people").textContent()).toBe("от кого: Секретарь кому: +79001234567");
    expect(await other.locator(".feed-note__call-play_disabled").count()).toBe(1);
    expect(await other.locator(".js-call-play").count()).toBe(0);
  });

  test("the browser itself fetches the recording in ranges, without a token", async () => {
    const asked = Promise.withResolvers<IncomingHttpHeaders>();
    await using recordings = await listen(asked.resolve);
    await addCall({ link: `${recordings.url}/1.mp3` });
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    await page.getByRole("link", { name: "Слушать" }).click();
    const { range, authorization } = await asked.promise;
    expect([range, authorization]).toEqual(["bytes=0-", undefined]);
  });

  test("Analytics counts only calls whose author is responsible for them", async () => {
    await addCall({});
    await addCall({}, { note_type: "call_out" });
    await addCall({}, { responsible_user_id: 504141 });
    await open("/stats/calls/");
    const row = page.locator("tr[data-user='504142']");
    expect(await row.locator("td").allInnerTexts()).toEqual(["1", "1", "2", "02:30"]);
    expect(await page.locator("tr[data-user='504141'] td").allInnerTexts()).toEqual(["0", "0", "0", "00:00"]);
  });

  test("links move between cards without a reload, and so does the way back", async () => {
    await open("/leads/");
    await page.evaluate("window.notReloaded = true");
    await page.getByRole("link", { name: "Окна, 12 шт." }).click();
    await page.getByRole("heading", { name: "Окна, 12 шт.", level: 1 }).waitFor();
    expect(page.url()).toBe(`${stand.url}/leads/detail/${PEOPLE.anna.lead}`);
    expect(
      await page.evaluate("[APP.getWidgetsArea(), APP.isCard(), APP.getBaseEntity(), APP.data.current_card.id]"),
    ).toEqual(["leads_card", true, "leads", PEOPLE.anna.lead]);
    await page.goBack();
    await page.getByRole("region", { name: "Договор" }).waitFor();
    expect(await page.evaluate("[APP.getWidgetsArea(), APP.data.current_card, window.notReloaded]")).toEqual([
      "leads-pipeline",
      false,
      true,
    ]);
  });

  test("what is new on the page that was left does not come into the next one, however late it is told", async () => {
    await open("/leads/");
    const card = Promise.withResolvers<void>();
    const list = Promise.withResolvers<void>();
    await page.route("**/leads/detail/*", (route) => card.promise.then(() => route.continue()));
    await page.route("**/leads/", (route) => list.promise.then(() => route.continue()));
    await page.getByRole("link", { name: "Окна, 12 шт." }).click();
    const asked = page.waitForRequest("**/leads/");
    await addCall({});
    await asked;
    card.resolve();
    await page.getByRole("heading", { name: "Окна, 12 шт.", level: 1 }).waitFor();
    const told = page.waitForResponse("**/leads/");
    list.resolve();
    await (await told).finished();
    await page.evaluate("new Promise(requestAnimationFrame)");
    expect(await page.evaluate("APP.data.current_card.id")).toBe(PEOPLE.anna.lead);
  });

  test("a contact is created from /contacts/add/?phone=, a stage is changed in the card", async () => {
    await open(`/contacts/add/?phone=${encodeURIComponent("+79995554433")}`);
    expect(await page.evaluate("APP.data.current_card.id")).toBe(0);
    await page.getByLabel("Имя").fill("Ольга Новая");
    await page.getByRole("button", { name: "Сохранить" }).click();
    await page.getByRole("heading", { name: "Ольга Новая" }).waitFor();
    expect(await page.getByRole("link", { name: "+79995554433" }).isVisible()).toBe(true);
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    await page.getByLabel("Этап").selectOption({ label: "Монтаж" });
    await expect.poll(() => stand.controls.entity("leads", PEOPLE.anna.lead)).toMatchObject({ status_id: 32392165 });
  });

  test("dark theme is an attribute of html; a policy is sent when it is asked for", async () => {
    stand.controls.setOptions({ csp: "default-src 'self'; style-src 'self' 'unsafe-inline'" });
    await open("/leads/");
    stand.controls.setOptions({ csp: null });
    await page.getByRole("button", { name: "Тёмная тема" }).click();
    expect(await page.locator("html").getAttribute("data-color-scheme")).toBe("dark");
    const blocked = await page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'open', (error) => error.name)");
    expect(blocked).toBe("TypeError");
  });
});

describe("widgets", () => {
  test("an init_once widget starts once and lives through navigation", async () => {
    const { code } = installTrial();
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    expect(await trial("words")).toBe("from the archive");
    await page.evaluate(
      "(() => { const a = document.createElement('a'); a.className = 'js-navigate-link'; a.href = '/contacts/'; document.body.append(a); a.click(); })()",
    );
    await page.getByRole("heading", { name: "Контакты" }).waitFor();
    expect(await trial("log")).toEqual([
      "render@leads_card",
      "bind_actions@leads_card",
      "init@leads_card",
      "onInstall@leads_card",
      "page:changed@contacts",
    ]);
    expect(stand.controls.account.identity.id).toBe(12345678);
    expect(await trial("self.get_settings()")).toMatchObject({
      widget_code: code,
      path: `/widgets/${code}`,
      version: "1.0.0",
      active: "Y",
      host: "h",
      oauth_client_uuid: CLIENT_ID,
    });
  });

  test("a widget of lead cards only is destroyed when the card is left", async () => {
    installTrial({ ...MANIFEST, widget: { ...MANIFEST.widget, init_once: false }, locations: ["lcard-0", "settings"] });
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    await page.getByRole("link", { name: "Контакты" }).click();
    await page.getByRole("heading", { name: "Контакты" }).waitFor();
    expect(await trial("log")).toContain("destroy@contacts");
    await page.getByRole("link", { name: "+7 900 123-45-67" }).click();
    expect(await page.getByRole("menuitem", { name: "Call by trial" }).count()).toBe(0);
  });

  test("a number offers the widget's call in a menu and hands it over as it is stored", async () => {
    installTrial();
    await open(`/leads/detail/${PEOPLE.anna.lead}`);
    await page.getByRole("link", { name: "+7 900 123-45-67" }).click();
    await page.getByRole("menuitem", { name: "Call by trial" }).click();
    expect(await trial("dialled")).toEqual(["+7 900 123-45-67"]);
  });

  test("the widget knows who sits in front of it, and whose card it is", async () => {
    installTrial(MANIFEST, { pbx_users: { 504142: "202" } });
    await open(`/leads/detail/${PEOPLE.anna.lead}`, 504142);
    expect(await trial("self.system()")).toMatchObject({
      amouser_id: "504142",
      subdomain: "okna-severa",
      domain: stand.host,
    });
    expect(await trial("self.params.pbx_users")).toBe('{"504142":"202"}');
    expect(await trial("self.i18n('settings.host')")).toBe("Host");
    expect(await trial("self.get_current_card_contacts_data()")).toMatchObject([
      { id: PEOPLE.anna.contact, phones: ["+7 900 123-45-67"], emails: ["anna@wind.example"] },
    ]);
    expect(
      await page.evaluate("[APP.constant('user').id, APP.constant('managers')['504141'].is_admin, APP.lang_id]"),
    ).toEqual([504142, "Y", "ru"]);
    await page.evaluate("APP.sdk.setCallingStatus(true)");
    expect(await page.evaluate("APP.sdk.getCallingStatus()")).toBe(true);
  });

  test("$authorizedAjax carries the disposable token across origins", async () => {
    const asked = Promise.withResolvers<string | undefined>();
    await using backend = await listen(
      (headers) => headers["x-auth-token"] && asked.resolve(String(headers["x-auth-token"])),
    );
    installTrial();
    await open("/leads/", 504143);
    const answer = await trial(
      `self.$authorizedAjax({ url: '${backend.url}/panel/session', method: 'POST' }).then((a) => a)`,
    );
    expect(answer).toEqual({ ok: true });
    const claims = JSON.parse(Buffer.from((await asked.promise)?.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ user_id: 504143, iss: stand.url, client_uuid: CLIENT_ID });
  });

  test("crm_post goes through the CRM's server, one a second", async () => {
    await using backend = await listen(() => undefined);
    installTrial();
    await page.clock.install();
    await open("/leads/");
    // From here a second is over when this test says so.
    await page.clock.pauseAt(Date.now() + 60_000);
    const asked: string[] = [];
    page.on("request", (request) => request.url().endsWith("/ajax/stand/proxy") && asked.push(request.url()));
    await page.evaluate(
      `window.answers = []; for (const n of [1, 2]) window.trial.self.crm_post('${backend.url}/hook', { n }, (answer) => window.answers.push(answer))`,
    );
    const answers = () => page.evaluate("window.answers");
    await expect.poll(answers).toEqual([{ ok: true }]);
    await page.clock.runFor(999);
    expect(await answers()).toHaveLength(1);
    expect(asked).toHaveLength(1);
    await page.clock.runFor(1);
    await expect.poll(answers).toEqual([{ ok: true }, { ok: true }]);
  });

  test("a ringing pop-up reaches those it is for, and their widgets", async () => {
    installTrial();
    await open("/leads/");
    const other = await (await browser.newContext()).newPage();
    await open("/leads/", 504142, other);
    await authorised("POST", "/api/v2/events/", {
      add: [{ type: "phone_call", phone_number: "+79001234567", users: [504141] }],
    });
    await page.getByRole("status").getByRole("link", { name: "Окна, 12 шт." }).waitFor();
    const [event] = await trial<{ body: { rows: { text: string }[] } }[]>("popUps");
    expect(event).toMatchObject({
      web_link: `/leads/detail/${PEOPLE.anna.lead}`,
      body: { icon: { call: true }, rows: [{ text: "+79001234567" }, {}] },
    });
    await authorised("POST", "/api/v2/events/", { add: [{ type: "phone_call", phone_number: "+79998887766" }] });
    await other.getByRole("status").getByRole("link", { name: "Создать контакт" }).waitFor();
    expect(await other.evaluate("window.trial.popUps.length")).toBe(1);
    await other.context().close();
  });

  test("settings are filled in, onSave agrees, and the next page has them", async () => {
    const { code } = installTrial();
    await open(`/settings/widgets/${code}`);
    await page.getByText("trial was here").waitFor();
    await page.getByLabel("Host").fill("https://pbx.example");
    await page.getByLabel("Борис Тимофеев").fill("202");
    await page.getByRole("button", { name: "Сохранить" }).click();
    await expect.poll(() => trial("self.get_settings().host").catch(() => "")).toBe("https://pbx.example");
    expect(await trial("self.get_settings().pbx_users")).toBe('{"504142":"202"}');
    await page.locator("html[data-stand-ready]").waitFor();
    await page.getByRole("button", { name: "Отключить" }).click();
    await page.getByRole("button", { name: "Установить" }).waitFor();
  });

  test("dialogs open and close, templates are filled without letting markup in", async () => {
    installTrial();
    await open("/leads/");
    await page.evaluate(
      "new window.trial.Modal({ class_name: 'mine', init: ($body) => $body.trigger('modal:loaded').html('<p>Hello</p>').trigger('modal:centrify') })",
    );
    await page.getByRole("dialog").getByText("Hello").waitFor();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(await trial("self.render({ data: '<b>{{ name }}</b>' }, { name: '<i>' })")).toBe("<b>&lt;i&gt;</b>");
  });
});

/** A server that answers JSON to everybody, also across origins, and tells of the headers it saw. */
async function listen(onRequest: (headers: IncomingHttpHeaders) => void) {
  const server = createServer((request, response) => {
    if (request.method !== "OPTIONS") onRequest(request.headers);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("access-control-allow-headers", "x-auth-token, content-type");
    response.setHeader("content-type", "application/json");
    response.end('{"ok":true}');
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
