import { createServer } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parsePhpForm } from "../http/php-form.ts";
import { PEOPLE } from "../small-company.ts";
import { startTestStand, type TestStand } from "../test-kit/stand.ts";
import { retryAfterMs } from "./delivery.ts";

let stand: TestStand;
/** What the destination got, as PHP would read it. */
// biome-ignore lint/suspicious/noExplicitAny: bodies of many shapes, each test says what it expects
const received: any[] = [];
let status = 200;
let destination = "";
const server = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    received.push({ type: request.headers["content-type"], ...parsePhpForm(text) });
    if (status === 0) return; // never answers
    response.statusCode = status;
    response.end();
  });
});

beforeAll(async () => {
  stand = await startTestStand();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  destination = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/hook`;
});
afterEach(() => {
  received.length = 0;
  status = 200;
});
afterAll(async () => {
  await stand[Symbol.asyncDispose]();
  server.closeAllConnections();
  server.close();
});

const subscribe = (settings: string[]) => stand.api("POST", "/api/v4/webhooks", { destination, settings });
const rename = () => stand.api("PATCH", `/api/v4/leads/${PEOPLE.anna.lead}`, { name: "Другое имя" });

test("a subscription is created, replaced by destination, listed and deleted", async () => {
  expect((await subscribe(["add_contact"])).status).toBe(201);
  const replaced = await subscribe(["update_lead"]);
  expect(replaced.json).toMatchObject({ destination, settings: ["update_lead"], disabled: false });
  const list = await stand.api("GET", `/api/v4/webhooks?filter[destination]=${encodeURIComponent(destination)}`);
  expect(list.json).toMatchObject({ _total_items: 1, _embedded: { webhooks: [{ settings: ["update_lead"] }] } });
  expect((await stand.api("POST", "/api/v4/webhooks", { destination, settings: ["nonsense"] })).status).toBe(422);
  expect((await stand.api("DELETE", "/api/v4/webhooks", { destination })).status).toBe(204);
  expect((await stand.api("DELETE", "/api/v4/webhooks", { destination })).status).toBe(404);
});

test("a new contact comes as a form with PHP's nesting and texts only", async () => {
  await subscribe(["add_contact"]);
  await stand.api("POST", "/api/v4/contacts", [
    { name: "Новый", custom_fields_values: [{ field_code: "PHONE", values: [{ value: "+79990001122" }] }] },
  ]);
  await stand.controls.settled();
  expect(received).toHaveLength(1);
  const [body] = received;
  expect(body.type).toBe("application/x-www-form-urlencoded");
  expect(body.account).toMatchObject({ id: "12345678", subdomain: "okna-severa", _links: { self: stand.url } });
  const contact = body.contacts.add[0];
  expect(contact).toMatchObject({ name: "Новый", type: "contact", responsible_user_id: "504141" });
  expect(contact.custom_fields[0]).toMatchObject({
    code: "PHONE",
    values: { 0: { value: "+79990001122", enum: expect.any(String) } },
  });
});

test("moving a lead tells the old status; a call note is told by number and a JSON text", async () => {
  await subscribe(["status_lead", "note_lead", "responsible_lead"]);
  await stand.api("PATCH", `/api/v4/leads/${PEOPLE.anna.lead}`, { status_id: 32392165, responsible_user_id: 504142 });
  await stand.api("POST", "/api/v4/calls", [
    {
      direction: "outbound",
      duration: 3,
      source: "MikoPBX",
      phone: "79001234567",
      uniq: "w1",
      link: "https://x.example/1.mp3",
    },
  ]);
  await stand.controls.settled();
  const leads = received.map((body) => body.leads);
  expect(leads.find((one) => one.status).status[0]).toMatchObject({ status_id: "32392165", old_status_id: "32392162" });
  expect(leads.find((one) => one.responsible).responsible[0]).toMatchObject({ responsible_user_id: "504142" });
  const note = leads.find((one) => one.note).note[0].note;
  expect(note).toMatchObject({ note_type: "11", element_type: "2", element_id: String(PEOPLE.anna.lead) });
  expect(JSON.parse(note.text)).toMatchObject({
    UNIQ: "w1",
    PHONE: "79001234567",
    DURATION: 3,
    LINK: "https://x.example/1.mp3",
    SRC: "MikoPBX",
  });
});

test("deciding an unsorted lead is told as its deletion with what was decided", async () => {
  await subscribe(["add_unsorted", "delete_unsorted"]);
  const metadata = { phone: "79990000000", called_at: 1, duration: 1, link: "", service_code: "m", uniq: "1" };
  const { json } = await stand.api("POST", "/api/v4/leads/unsorted/sip", [
    { source_uid: "s", source_name: "S", metadata },
  ]);
  const [{ uid, _embedded }] = json._embedded.unsorted;
  await stand.api("DELETE", `/api/v4/leads/unsorted/${uid}/decline`);
  await stand.controls.settled();
  const decided = received.find((body) => body.unsorted.delete).unsorted.delete[0];
  expect(decided).toMatchObject({
    uid,
    action: "decline",
    decline_result: { leads: { 0: String(_embedded.leads[0].id) } },
  });
});

test("the table of retries: 5, 15, 15 and 60 minutes, the last two only for 499 and 5xx", () => {
  const table = (code: number) => [1, 2, 3, 4, 5].map((attempt) => (retryAfterMs(attempt, code) ?? 0) / 60_000);
  expect(table(200)).toEqual([0, 0, 0, 0, 0]);
  expect(table(404)).toEqual([5, 15, 0, 0, 0]);
  expect(table(0)).toEqual([5, 15, 0, 0, 0]);
  expect(table(499)).toEqual([5, 15, 15, 60, 0]);
  expect(table(503)).toEqual([5, 15, 15, 60, 0]);
});

test("a failing destination is tried again in the stand's time, until it answers", async () => {
  await subscribe(["update_lead"]);
  status = 500;
  await rename();
  await stand.controls.settled();
  expect(received).toHaveLength(1);
  await stand.clock.advance(5 * 60_000);
  expect(received).toHaveLength(2);
  status = 200;
  await stand.clock.advance(24 * 3_600_000);
  expect(received).toHaveLength(3);
  expect(
    stand.controls
      .deliveries()
      .slice(-3)
      .map(({ attempt, status: code }) => [attempt, code]),
  ).toEqual([
    [1, 500],
    [2, 500],
    [3, 200],
  ]);
});

test("who does not answer within two seconds has failed", async () => {
  await subscribe(["update_lead"]);
  status = 0;
  await rename();
  await stand.controls.settled();
  expect(stand.controls.deliveries().at(-1)).toMatchObject({ status: 0, attempt: 1 });
});

test("more than a hundred bad answers within two hours switch the hook off; subscribing again switches it on", async () => {
  await subscribe(["update_lead"]);
  status = 404;
  for (let i = 0; i < 101; i++) {
    await rename();
    await stand.controls.settled();
  }
  const isDisabled = async () => (await stand.api("GET", "/api/v4/webhooks")).json._embedded.webhooks[0].disabled;
  expect(await isDisabled()).toBe(true);
  await rename();
  await stand.controls.settled();
  expect(received).toHaveLength(101);
  await subscribe(["update_lead"]);
  expect(await isDisabled()).toBe(false);
});
