// Who calls: all of them, the best first, nobody by a common tail, and never an older state over a newer one.
import { beforeEach, describe, expect, test } from "vitest";
import type { IndexedClient, IndexedLead } from "../clients/client-index.ts";
import { readPhoneKeys } from "../clients/phone-key.ts";
import { SqlClientIndex } from "./client-index.ts";
import type { Database } from "./database.ts";
import { describeOnEachStore } from "./stores.testing.ts";

const client = (id: number, phones: string, changes: Partial<IndexedClient> = {}): IndexedClient => ({
  kind: "contact",
  id,
  name: `Клиент ${id}`,
  responsibleUserId: null,
  companyId: null,
  phones: readPhoneKeys(phones, "RU"),
  updatedAt: 100,
  ...changes,
});
const lead = (id: number, clientId: number, changes: Partial<IndexedLead> = {}): IndexedLead => ({
  id,
  name: `Сделка ${id}`,
  price: 480_000,
  pipelineId: 1,
  statusId: 2,
  responsibleUserId: null,
  clients: [{ kind: "contact", id: clientId }],
  updatedAt: 100,
  ...changes,
});

describeOnEachStore("the client index", (stores) => {
  let database: Database;
  let index: SqlClientIndex;
  beforeEach(async () => {
    database = await stores.open();
    index = new SqlClientIndex(database, () => "RU");
  });
  const ids = async (phone: string, account = "main") =>
    (await index.findByPhone(account, phone)).map(({ kind, id }) => `${kind} ${id}`);

  test("a number is found by any spelling, in its account only", async () => {
    await index.putClients("main", [client(1, "8 (916) 123-45-67 доб. 5; 84951112233")], 1_000);
    expect(await ids("+79161234567")).toEqual(["contact 1"]);
    expect(await ids("4951112233")).toEqual(["contact 1"]);
    expect(await ids("+79161234567", "other")).toEqual([]);
    expect(await ids("1234567")).toEqual([]);
    expect(await ids("anonymous")).toEqual([]);
  });

  test("a page of many is there whole, and of one that comes twice in it the newest", async () => {
    const phoneOf = (id: number) => `+7916${String(id).padStart(7, "0")}`;
    const page = Array.from({ length: 250 }, (_, id) => client(id, phoneOf(id)));
    await index.putClients("main", [client(3, "+79031112233", { updatedAt: 200 }), ...page], 1_000);
    await index.putLeads("main", [lead(10, 7, { updatedAt: 200, name: "Новая" }), lead(10, 7)], 1_000);
    expect(await ids(phoneOf(249))).toEqual(["contact 249"]);
    expect(await ids(phoneOf(3))).toEqual([]);
    expect(await ids("+79031112233")).toEqual(["contact 3"]);
    expect((await index.findByPhone("main", phoneOf(7)))[0]?.openLeads).toMatchObject([{ name: "Новая" }]);
    await index.dropClients("main", page);
    expect(await ids(phoneOf(249))).toEqual([]);
  });

  test("what is filled by the thousand lets whoever asks have his turn", async () => {
    let isWritten = false;
    const page = Array.from({ length: 5_000 }, (_, id) => client(id, `+7916${String(id).padStart(7, "0")}`));
    const writing = index.putClients("main", page, 1_000).then(() => {
      isWritten = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    await ids("+79160000001");
    expect(isWritten).toBe(false);
    await writing;
    expect(await ids("+79160004999")).toEqual(["contact 4999"]);
  });

  test("a number known whole beats one that only may be it", async () => {
    await index.putClients("main", [client(1, "2125551234"), client(2, "+12125551234")], 1_000);
    expect(await ids("+12125551234")).toEqual(["contact 2"]);
    expect(await ids("2125551234")).toEqual(["contact 1", "contact 2"]);
  });

  test("all matches are shown: with an open lead first, contacts before companies, the oldest first", async () => {
    const phone = "89161234567";
    await index.putClients(
      "main",
      [client(5, phone, { kind: "company" }), client(4, phone), client(3, phone), client(6, phone)],
      1_000,
    );
    await index.putLeads("main", [lead(60, 6)], 1_000);
    expect(await ids(phone)).toEqual(["contact 6", "contact 3", "contact 4", "company 5"]);
  });

  test("a client comes with his company and his open leads, the newest first, in words", async () => {
    await index.putPipelines("main", [
      { id: 1, name: "Продажи", isMain: true, isUnsortedOn: true, statuses: [{ id: 2, name: "Договор" }] },
    ]);
    await index.putClients(
      "main",
      [
        client(9, "", { kind: "company", name: "Ромашка" }),
        client(1, "89161234567", { companyId: 9, responsibleUserId: 7 }),
      ],
      1_000,
    );
    await index.putLeads("main", [lead(10, 1), lead(11, 1, { statusId: 3 })], 1_000);
    const [found] = await index.findByPhone("main", "89161234567");
    expect(found).toMatchObject({ companyName: "Ромашка", responsibleUserId: 7 });
    expect(found?.openLeads).toMatchObject([
      { id: 11, pipelineName: "Продажи", statusName: null },
      { id: 10, pipelineName: "Продажи", statusName: "Договор", price: 480_000 },
    ]);
  });

  describe("a change", () => {
    test("replaces phones, name and links; an older one changes nothing", async () => {
      await index.putClients("main", [client(1, "89161234567")], 1_000);
      await index.putClients("main", [client(1, "84951112233", { updatedAt: 200, name: "Новое имя" })], 1_000);
      await index.putClients("main", [client(1, "89161234567", { updatedAt: 150 })], 1_000);
      expect(await ids("89161234567")).toEqual([]);
      expect(await index.findByPhone("main", "84951112233")).toMatchObject([{ name: "Новое имя" }]);

      await index.putLeads("main", [lead(10, 1, { updatedAt: 200 })], 1_000);
      await index.putLeads("main", [lead(10, 2, { updatedAt: 100 })], 1_000);
      expect((await index.findByPhone("main", "84951112233"))[0]?.openLeads).toHaveLength(1);
    });

    test("that takes a client or a lead away takes its numbers and links with it", async () => {
      await index.putClients("main", [client(1, "89161234567")], 1_000);
      await index.putLeads("main", [lead(10, 1)], 1_000);
      await index.dropLeads("main", [10, 11]);
      expect((await index.findByPhone("main", "89161234567"))[0]?.openLeads).toEqual([]);
      await index.dropClients("main", [{ kind: "contact", id: 1 }]);
      expect(await ids("89161234567")).toEqual([]);
      expect(await database.selectFrom("client_phone").selectAll().execute()).toEqual([]);
      expect(await database.selectFrom("lead_client").selectAll().execute()).toEqual([]);
    });
  });

  test("who was chosen for a number stands first, in any spelling, as long as he has it", async () => {
    const phone = "89161234567";
    await index.putClients("main", [client(1, phone), client(2, phone), client(3, phone)], 1_000);
    await index.choose("main", "+7 916 123-45-67", { kind: "contact", id: 3 }, 1);
    expect(await ids(phone)).toEqual(["contact 3", "contact 1", "contact 2"]);
    await index.choose("main", phone, { kind: "contact", id: 2 }, 2);
    expect(await ids(phone)).toEqual(["contact 2", "contact 1", "contact 3"]);
    await index.putClients("main", [client(2, "89160000000", { updatedAt: 200 })], 2_000);
    expect(await ids(phone)).toEqual(["contact 1", "contact 3"]);
  });

  test("what the CRM has not told of for long is known", async () => {
    await index.putClients("main", [client(1, ""), client(2, "", { updatedAt: 300 })], 1_000);
    await index.putLeads("main", [lead(5, 1)], 1_000);
    await index.putClients("main", [client(1, "")], 2_000);
    expect(await index.unseenSince("main", "contacts", 2_000)).toEqual([2]);
    expect(await index.unseenSince("main", "leads", 2_000)).toEqual([5]);
    expect(await index.unseenSince("main", "companies", 2_000)).toEqual([]);
    expect(await index.seenAt("main", "contacts", 1)).toBe(2_000);
    expect(await index.seenAt("main", "contacts", 9)).toBeUndefined();
    expect(await index.nameOf("main", "contacts", 9)).toBeUndefined();
    expect(await index.nameOf("main", "contacts", 1)).toBe("Клиент 1");
    expect(await index.nameOf("main", "companies", 1)).toBeUndefined();
    expect(await index.nameOf("main", "leads", 5)).toBe("Сделка 5");
  });
});
