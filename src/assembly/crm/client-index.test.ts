// The index follows the CRM by webhooks and without them, and a look-up asks nobody.
import { describe, expect, test } from "vitest";
import { PEOPLE } from "../../../emulators/amocrm/small-company.ts";
import { CRM_PATHS } from "../../amocrm/paths.ts";
import { AMOCRM_PACE } from "../../amocrm/rate-limit.ts";
import { setUp } from "./crm.testing.ts";
import { giveAccess, NOWHERE, STRANGER, until, untilIndexed, type World } from "./world.testing.ts";

const phoneOf = (nth: number) => `+7916${String(nth).padStart(7, "0")}`;

/** @returns the new contacts, each with its number */
function addContacts({ controls }: World["stand"], count: number, first = 0) {
  return Array.from({ length: count }, (_, nth) =>
    controls.createEntity("contacts", {
      name: `Клиент ${first + nth}`,
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: phoneOf(first + nth) }] }],
    }),
  );
}

const isLoad = (asked: string) => asked.startsWith("/api/v4/contacts") && asked.includes("order%5Bid%5D");
const isWalk = (asked: string) => asked.startsWith("/api/v4/contacts") && asked.includes("order%5Bupdated_at%5D");

describe("the index follows the CRM", () => {
  test("a new number, a closed lead, a deleted contact", async () => {
    const { crm, stand } = await setUp();
    const find = (phone: string) => crm.directory.findByPhone("main", phone);
    const created = stand.controls.createEntity("contacts", {
      name: "Мария",
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+7 916 555-44-33" }] }],
    });
    await until(async () => (await find("89165554433"))[0]?.name === "Мария");
    stand.controls.deleteEntity("contacts", created.id);
    await until(async () => (await find("89165554433")).length === 0);
    expect((await find(PEOPLE.anna.phone))[0]?.openLeads).toHaveLength(1);
    stand.controls.deleteEntity("leads", PEOPLE.anna.lead);
    await until(async () => (await find(PEOPLE.anna.phone))[0]?.openLeads.length === 0);
  });

  test("a card that somebody has dated into the future goes on to be followed", async () => {
    const { crm, stand } = await setUp();
    const { id } = stand.controls.createEntity("contacts", {
      name: "Из будущего",
      updated_at: Math.round(Date.now() / 1000) + 365 * 86_400,
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+7 916 555-44-33" }] }],
    });
    const nameOf = async () => (await crm.directory.findByPhone("main", "89165554433"))[0]?.name;
    await until(async () => (await nameOf()) === "Из будущего");
    stand.controls.updateEntity("contacts", id, { name: "Сегодняшний" });
    await until(async () => (await nameOf()) === "Сегодняшний");
  });

  test("without webhooks, by what changed", async () => {
    const { crm, stand } = await setUp({
      settings: { webhookUrl: NOWHERE, catchUpEveryMs: 30 },
    });
    stand.controls.createEntity("contacts", {
      name: "Мария",
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+7 916 555-44-33" }] }],
    });
    await until(async () => (await crm.directory.findByPhone("main", "89165554433")).length === 1);
  });

  test("though the machine's clock was set back by a day", async () => {
    let backMs = 0;
    const { crm, stand } = await setUp({
      now: () => Date.now() - backMs,
      settings: { webhookUrl: NOWHERE, catchUpEveryMs: 1_000 }, // long enough to be asleep when it happens
    });
    backMs = 86_400_000;
    addContacts(stand, 1);
    await until(async () => (await crm.directory.findByPhone("main", phoneOf(0))).length === 1);
  });

  test("the first load goes on where it was stopped, and is used meanwhile", async () => {
    const { crm, stand, start, makeCrm, redirectUrl } = await setUp({ connect: false });
    addContacts(stand, 600);
    stand.controls.addFault({ kind: "slow", ms: 300, times: 3, path: "/api/v4/contacts" });
    await giveAccess(stand, redirectUrl);
    await until(() => crm.amocrm.filler.state.loaded.contacts === 250);
    expect(crm.amocrm.filler.state.ready).toBe(false);
    expect(await crm.directory.findByPhone("main", "+79160000001")).toMatchObject([{ name: "Клиент 1" }]);
    await crm.stop();
    const again = await start(makeCrm());
    await untilIndexed(again);
    expect(await again.directory.findByPhone("main", "+79160000599")).toMatchObject([{ name: "Клиент 599" }]);
    const pages = stand.controls
      .requests({ path: "/api/v4/contacts" })
      .filter(({ query }) => query.includes("order%5Bid%5D"))
      .map(({ query }) => new URLSearchParams(query).get("page"));
    expect(pages.filter((page) => page === "1")).toHaveLength(1);
    expect(pages.at(-1)).toBe("3");
  });

  test("tells that it has changed, by a webhook", async () => {
    const { crm, stand } = await setUp();
    let told = 0;
    using _ = crm.amocrm.filler.onWritten(() => told++);
    stand.controls.createEntity("contacts", { name: "Мария" });
    await until(() => told > 0);
  });

  test("within five seconds of the webhook, at amoCRM's own pace", async () => {
    const { crm, stand } = await setUp({ pace: AMOCRM_PACE });
    const [changedAt, phone] = [performance.now(), "+7 916 555-44-33"];
    stand.controls.createEntity("contacts", {
      name: "Мария",
      custom_fields_values: [{ field_code: "PHONE", values: [{ value: phone }] }],
    });
    await until(async () => (await crm.directory.findByPhone("main", phone)).length === 1);
    expect(performance.now() - changedAt).toBeLessThanOrEqual(5_000);
  });

  test("though its first load goes on: what a webhook tells does not wait for the end", async () => {
    const { crm, stand, redirectUrl } = await setUp({ connect: false });
    addContacts(stand, 3_000);
    stand.controls.addFault({ kind: "slow", ms: 300, times: 12, path: "/api/v4/contacts" });
    await giveAccess(stand, redirectUrl);
    await until(() => crm.amocrm.filler.state.loaded.contacts > 0);
    const some = addContacts(stand, 40, 5_000);
    const isKnown = async (nth: number) => (await crm.directory.findByPhone("main", phoneOf(nth))).length === 1;
    await until(async () => (await Promise.all(some.map((_, nth) => isKnown(5_000 + nth)))).every(Boolean));
    await untilIndexed(crm);
    const asked = stand.controls.requests({ method: "GET" }).map(({ path, query }) => path + query);
    const [first = -1, last] = [asked.findIndex((each) => isWalk(each)), asked.findLastIndex((each) => isLoad(each))];
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(last);
    expect((await crm.directory.findByPhone("main", phoneOf(2_999))).length).toBe(1);
  });

  test("a webhook is answered before the CRM is asked what happened", async () => {
    const { crm, stand } = await setUp();
    await stand.controls.settled();
    const answered = stand.controls.deliveries().length;
    stand.controls.addFault({ kind: "slow", ms: 2_000, times: Number.POSITIVE_INFINITY, method: "GET" });
    const [{ id } = { id: 0 }] = addContacts(stand, 1);
    await stand.controls.settled();
    expect(stand.controls.deliveries().slice(answered)).toMatchObject([{ status: 200 }]);
    expect(await crm.directory.findByPhone("main", phoneOf(0))).toEqual([]);
    await until(async () => (await crm.directory.findByPhone("main", phoneOf(0)))[0]?.id === id);
  });

  test("through a storm of webhooks, in any order and many times over", async () => {
    const { crm, stand } = await setUp();
    const contacts = addContacts(stand, 40);
    for (const { id } of contacts.slice(0, 20)) stand.controls.deleteEntity("contacts", id);
    await stand.controls.settled();
    stand.controls.clearRequests();
    stand.controls.stormWebhooks(5);
    await stand.controls.settled();
    expect(stand.controls.deliveries().length).toBeGreaterThan(300);
    const known = async (n: number) => (await crm.directory.findByPhone("main", phoneOf(n))).length;
    await until(async () =>
      (await Promise.all(contacts.map((_, n) => known(n)))).every((found, n) => found === +(n >= 20)),
    );
    // So many hints are no as many requests: they are walks, and what those do not meet.
    expect(stand.controls.requests({ method: "GET" }).length).toBeLessThan(stand.controls.deliveries().length);
  });

  test("what was deleted while nobody told us is found at night", async () => {
    const { crm, stand, clock } = await setUp({ settings: { webhookUrl: NOWHERE, catchUpEveryMs: 30 } });
    stand.controls.deleteEntity("contacts", PEOPLE.elena.contact);
    stand.controls.deleteEntity("leads", PEOPLE.anna.lead);
    expect(await crm.directory.findByPhone("main", PEOPLE.elena.phone)).toHaveLength(1);
    await clock.advance(48 * 3_600_000);
    await until(async () => (await crm.directory.findByPhone("main", PEOPLE.elena.phone)).length === 0);
    await until(async () => (await crm.directory.findByPhone("main", PEOPLE.anna.phone))[0]?.openLeads.length === 0);
    expect(await crm.directory.findByPhone("main", PEOPLE.pavel.phone)).toHaveLength(1);
  });

  test("makes no request for a look-up", async () => {
    const { crm, stand } = await setUp();
    stand.controls.clearRequests();
    await crm.directory.findByPhone("main", "79001234567");
    await crm.directory.findByPhone("main", STRANGER);
    expect(stand.controls.requests()).toEqual([]);
  });

  test("knows all users, though they fill more than a page", async () => {
    const { stand, start, makeCrm, crm } = await setUp();
    await crm.stop();
    const { users } = stand.controls.account;
    const [anybody] = users.values();
    if (anybody === undefined) throw new Error("the stand has users");
    for (let id = 600_000; id < 600_300; id++) users.set(id, { ...anybody, id });
    const again = await start(makeCrm());
    await until(() => again.users.length > 0);
    expect(again.users).toHaveLength(users.size);
  });

  test("a webhook with a wrong secret is nobody's", async () => {
    const { publicUrl } = await setUp();
    const send = (path: string) => fetch(publicUrl + CRM_PATHS.webhook + path, { method: "POST", body: "" });
    expect((await send("/main/wrong")).status).toBe(404);
    expect((await send("/other/wrong")).status).toBe(404);
  });
});
