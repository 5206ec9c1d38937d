// Several accounts of one integration in one service: each has its own clients, calls and access, and one pace for all.
import { describe, expect, test } from "vitest";
import { declineUnsorted } from "../../../emulators/amocrm/crm/unsorted.ts";
import { PEOPLE, PIPELINES, smallCompany } from "../../../emulators/amocrm/small-company.ts";
import { CRM_PATHS } from "../../amocrm/paths.ts";
import { AMOCRM_PACE } from "../../amocrm/rate-limit.ts";
import { setUp } from "./crm.testing.ts";
import type { Crm } from "./crm.ts";
import {
  CLIENT_ID,
  end,
  endedCall,
  giveAccess,
  missed,
  notesOf,
  STRANGER,
  settled,
  unsortedOf,
  until,
  untilIndexed,
  usualAccount,
  type WorldOptions,
} from "./world.testing.ts";

const SECOND_HOST = "127.0.0.2";
const RENAMED_HOST = "127.0.0.3";
const inSecond = { pbx: "second" };

function twoCompanies() {
  const [first] = smallCompany().accounts;
  if (first === undefined) throw new Error("the small company has an account");
  const { contacts = [], ...rest } = first;
  const second = {
    ...rest,
    identity: { ...first.identity, id: 87654321, subdomain: "second", host: SECOND_HOST },
    // The same people under the same ids, but by other names: what is mixed up is seen.
    contacts: contacts.map((contact) => ({ ...contact, first_name: "Вторая", last_name: "Фирма" })),
  };
  return { seed: { accounts: [first, second] }, alsoAt: [SECOND_HOST, RENAMED_HOST] };
}

async function setUpTwo(options: WorldOptions = {}) {
  const world = await setUp({ ...options, stand: twoCompanies() });
  const controls = world.stand.controls.of("second");
  const { host } = new URL(controls.account.url);
  const make = () =>
    world.makeCrm({ host, baseUrl: `http://${host}` }, { ...usualAccount, id: "second", employees: [] });
  const second = await world.start(make());
  await giveAccess({ controls }, world.redirectUrl);
  await untilIndexed(second);
  return { ...world, second, secondStand: { controls }, secondHost: host };
}

const nameOf = async (crm: Crm, phone: string) => (await crm.directory.findByPhone(crm.account.id, phone))[0]?.name;

describe("two accounts", () => {
  test("know their own clients and write into their own CRM", async () => {
    const { crm, second, stand, secondStand, database } = await setUpTwo();
    expect(await nameOf(crm, PEOPLE.anna.phone)).toBe("Анна Кравцова");
    expect(await nameOf(second, PEOPLE.anna.phone)).toBe("Вторая Фирма");
    const [here, there] = [endedCall(PEOPLE.anna.phone), endedCall(PEOPLE.anna.phone, inSecond)];
    await end(crm, database, here);
    await end(second, database, there);
    const uniqs = (of: Parameters<typeof notesOf>[0]) =>
      notesOf(of, "leads", PEOPLE.anna.lead).map(({ params }) => params["uniq"]);
    expect(uniqs(stand)).toEqual([here.id]);
    expect(uniqs(secondStand)).toEqual([there.id]);
    for (const [one, call] of [[crm, here] as const, [second, there] as const]) {
      expect((await one.outbox.list(["done", "waiting", "skipped"], 9)).map(({ callId }) => callId)).toEqual([call.id]);
    }
    // Nobody's extension is anybody's there: the same call is without owner.
    expect(notesOf(secondStand, "leads", PEOPLE.anna.lead)[0]?.params["call_responsible"]).toBe("201");
  });

  test("have each their own stranger, and what one declines is the other's still", async () => {
    const { crm, second, stand, secondStand, database } = await setUpTwo();
    await end(crm, database, endedCall(STRANGER));
    await end(second, database, endedCall(STRANGER, inSecond));
    expect([unsortedOf(stand), unsortedOf(secondStand)]).toMatchObject([[{ pipeline_id: PIPELINES.service }], [{}]]);
    const [declined] = unsortedOf(stand);
    if (declined) declineUnsorted(stand.controls.account, declined, 504141);
    await end(second, database, endedCall(STRANGER, inSecond));
    await end(crm, database, endedCall(STRANGER));
    expect([unsortedOf(stand).length, unsortedOf(secondStand).length]).toEqual([2, 1]);
  });

  test("have each their own tasks: a conversation in one closes nothing in the other", async () => {
    const { crm, second, secondStand, database } = await setUpTwo();
    await end(second, database, endedCall(PEOPLE.anna.phone, { ...missed, ...inSecond }));
    await settled(second);
    await end(crm, database, endedCall(PEOPLE.anna.phone));
    await settled(crm);
    const tasks = () => [...secondStand.controls.account.tasks.values()].map(({ is_completed }) => is_completed);
    expect(tasks()).toEqual([false]);
    await end(second, database, endedCall(PEOPLE.anna.phone, inSecond));
    await settled(second);
    expect(tasks()).toEqual([true]);
  });

  test("say of their own calls only, and choose among their own clients", async () => {
    const { crm, second, database, clock } = await setUpTwo();
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    expect(await second.say(call.id, { text: "Чужое", entity: null }, "Борис")).toBe(false);
    await second.chosen.choose(
      "second",
      PEOPLE.company.phone,
      { kind: "contact", id: PEOPLE.anna.contact },
      clock.now(),
    );
    expect((await crm.directory.findByPhone("main", PEOPLE.company.phone))[0]?.kind).toBe("company");
  });

  test("take webhooks by their own secret only", async () => {
    const { stand, secondStand, publicUrl } = await setUpTwo();
    const destinationOf = (of: typeof secondStand) => [...of.controls.account.hooks.values()][0]?.destination ?? "";
    const secret = destinationOf(stand).split("/").at(-1) ?? "";
    expect(destinationOf(secondStand)).not.toContain(secret);
    const foreign = await fetch(`${publicUrl}${CRM_PATHS.webhook}/second/${secret}`, { method: "POST", body: "" });
    expect(foreign.status).toBe(404);
  });

  test("are lost and held one by one", async () => {
    const { crm, second, stand, secondStand, database } = await setUpTwo();
    secondStand.controls.setOptions({ is_paid: false });
    second.amocrm.filler.hint("contacts", PEOPLE.anna.contact);
    await until(() => second.amocrm.connection.state.state === "held");
    stand.controls.of("second").disableIntegration(CLIENT_ID);
    await stand.controls.settled();
    await until(() => second.amocrm.connection.state.state === "needs-your-hand");
    expect(second.amocrm.connection.state).toMatchObject({ reason: "crm/disabled" });
    const call = endedCall(PEOPLE.anna.phone);
    await end(crm, database, call);
    expect(crm.amocrm.connection.state.state).toBe("connected");
    expect(notesOf(stand, "leads", PEOPLE.anna.lead).at(-1)?.params["uniq"]).toBe(call.id);
  });

  test("share the integration's pace", async () => {
    const { crm, second, stand, database } = await setUpTwo({ pace: AMOCRM_PACE });
    stand.controls.setOptions({ perIntegration: 7 });
    stand.controls.clearRequests();
    await Promise.all([
      end(crm, database, ...Array.from({ length: 8 }, () => endedCall(PEOPLE.anna.phone))),
      end(second, database, ...Array.from({ length: 8 }, () => endedCall(PEOPLE.anna.phone, inSecond))),
    ]);
    expect(stand.controls.busiestSecond(CLIENT_ID)).toBeLessThanOrEqual(6);
    expect(stand.controls.requests({ status: 429 })).toEqual([]);
  });
});

describe("an account that was renamed", () => {
  const settings = { silenceMs: () => 20 };

  test("is found at its new host, calls go on there, also after a restart", async () => {
    const { second, secondStand, database, start, makeCrm, secondHost, redirectUrl } = await setUpTwo({ settings });
    const renamed = secondHost.replace(SECOND_HOST, RENAMED_HOST);
    secondStand.controls.rename("renamed", renamed);
    const call = endedCall(PEOPLE.anna.phone, inSecond);
    await end(second, database, call);
    expect(notesOf(secondStand, "leads", PEOPLE.anna.lead)[0]?.params["uniq"]).toBe(call.id);
    expect(second.amocrm.host).toBe(renamed);
    await second.stop();
    const account = { ...usualAccount, id: "second", employees: [] };
    const again = await start(makeCrm({ host: secondHost, baseUrl: `http://${secondHost}` }, account));
    await until(() => again.amocrm.connection.state.state === "connected");
    expect(again.amocrm.host).toBe(renamed);
    expect((await giveAccess(secondStand, redirectUrl)).status).toBe(200);
  });

  test("is taken at its word by whoever writes the new host into the settings", async () => {
    const { second, secondStand, start, makeCrm, secondHost } = await setUpTwo({ settings });
    const renamed = secondHost.replace(SECOND_HOST, RENAMED_HOST);
    secondStand.controls.rename("renamed", renamed);
    second.amocrm.filler.hint("contacts", PEOPLE.anna.contact);
    await until(() => second.amocrm.host === renamed);
    await second.stop();
    const account = { ...usualAccount, id: "second", employees: [] };
    const again = await start(makeCrm({ host: renamed, baseUrl: `http://${renamed}` }, account));
    await until(() => again.amocrm.connection.state.state === "connected");
  });
});
