import { describe, expect, test } from "vitest";
import type { Client } from "../clients/client.ts";
import type { HandOverNote } from "../control/hand-over-notes.ts";
import { clientNumberOf, toCardView } from "./card-view.ts";
import { call, card, client, FakeLive, NOW, panelAccount } from "./company.testing.ts";

const account = panelAccount("main");
const { abilities } = new FakeLive();
const around = (clients: readonly Client[], note?: HandOverNote) => ({
  clients,
  note,
  abilities,
  takenBack: false,
  pickedUpFrom: null,
});

test("a client who calls is shown with name, company, deal and line", () => {
  const ringing = card("c1", "201");
  expect(toCardView({ card: ringing, call: call("c1", [ringing]) }, around([client]), account)).toEqual({
    callId: "c1",
    legId: "c1-201",
    pickedUp: false,
    state: "ringing",
    direction: "inbound",
    number: "+7 916 123-45-67",
    e164: "+79161234567",
    line: "Реклама",
    startedAt: NOW,
    talkSince: null,
    clients: [
      {
        name: "Мария Петрова",
        company: "ООО «Окна»",
        path: "/contacts/detail/77",
        deal: "480\u00a0000\u00a0₽ · Договор · «Окна, 12 шт.»",
      },
    ],
    colleague: null,
    via: null,
    wire: { client: "rings", colleague: null },
    transfer: null,
    note: null,
    can: ["hang-up"],
    transfersOutside: false,
  });
});

test.each([
  ["79161234567", "+7 916 123-45-67", "+79161234567"],
  ["84951112233", "+7 495 111-22-33", "+74951112233"],
  ["+442071234567", "+44 20 7123 4567", "+442071234567"],
  ["12345", "12345", null],
  ["anonymous", null, null],
  [null, null, null],
])("number %s is shown as %s", (peer, number, e164) => {
  const ringing = card("c1", "201", { peer });
  expect(toCardView({ card: ringing, call: call("c1", [ringing]) }, around([]), account)).toMatchObject({
    number,
    e164,
  });
});

test("a colleague is named, and no client is looked up for him", () => {
  const internal = card("c1", "201", { peer: "202", direction: "internal" });
  const own = { card: internal, call: call("c1", [internal], { direction: "internal", client: null, did: null }) };
  expect(clientNumberOf(own, account.account)).toBeUndefined();
  const view = toCardView(own, around([]), account);
  expect(view).toMatchObject({ colleague: "Борис", number: "202", e164: null, line: null });
});

test("a client who waits while a colleague is asked is still whom the call is with", () => {
  const asking = card("c1", "201", { state: "consult-talking", peer: "202", peerLegId: "l2", waitingLegId: "l0" });
  const own = { card: asking, call: call("c1", [asking]) };
  expect(clientNumberOf(own, account.account)).toBe("79161234567");
  expect(toCardView(own, around([client]), account)).toMatchObject({
    number: "+7 916 123-45-67",
    colleague: "Борис",
    clients: [{ name: "Мария Петрова" }],
    wire: { client: "music", colleague: "talks" },
  });
});

test("what one has written to the colleague stands in one's own card, as long as he is asked", () => {
  const asking = card("c1", "201", { state: "consult-calling", peer: "202", waitingLegId: "l0" });
  const transfer = { kind: "attended", by: "201", to: "202", at: 1, settledAt: null, transfereeLegId: "l0" } as const;
  const note = { to: "202", by: "201", text: "о счёте 118" };
  const noteIn = (result: "pending" | "returned", written = note) => {
    const own = { card: asking, call: call("c1", [asking], { transfers: [{ ...transfer, result }] }) };
    return toCardView(own, { ...around([]), note: written }, account).transfer?.note;
  };
  expect(noteIn("pending")).toBe("о счёте 118");
  expect(noteIn("pending", { ...note, by: "203" })).toBeNull();
  expect(noteIn("returned")).toBeNull();
});

test("the client whom one has taken back oneself is not said to have come back", () => {
  const back = card("c1", "201", { state: "ringing" });
  const transfer = { kind: "blind", by: "201", to: "202", at: 1, settledAt: 2, transfereeLegId: "l0" } as const;
  const own = { card: back, call: call("c1", [back], { transfers: [{ ...transfer, result: "returned" }] }) };
  expect(toCardView(own, around([]), account).transfer?.state).toBe("returned");
  expect(toCardView(own, { ...around([]), takenBack: true }, account).transfer?.state).toBe("taken-back");
});

test("one's own phone that rings for a pick-up says so, and whose call it is", () => {
  const rings = card("c1", "201", { state: "ringing", isFetching: true });
  const own = { card: rings, call: call("c1", [rings, card("c1", "202", { state: "ringing" })]) };
  expect(toCardView(own, around([]), account).via).toEqual({ kind: "interception", colleague: "Борис" });
  const pickedUp = { ...around([]), pickedUpFrom: "202" };
  expect(toCardView(own, pickedUp, account).via).toEqual({ kind: "pick-up", colleague: "Борис" });
});

describe("the timer", () => {
  const answered = { answeredAt: NOW + 8_000 };
  test.each([
    ["has not begun while it rings", card("c1", "202", { state: "ringing" }), null],
    ["starts with the client's answer", card("c1", "201", { state: "talking", since: NOW + 60_000 }), NOW + 8_000],
    ["goes on in hold", card("c1", "201", { state: "hold", since: NOW + 60_000 }), NOW + 8_000],
    [
      "of a colleague who is consulted starts with his own talk",
      card("c1", "202", { state: "talking", direction: "internal", peer: "201", since: NOW + 60_000 }),
      NOW + 60_000,
    ],
  ])("%s", (_, own, talkSince) => {
    expect(toCardView({ card: own, call: call("c1", [own], answered) }, around([]), account).talkSince).toBe(talkSince);
  });
});

test.each([
  [{ did: "74951112233", queue: null }, "Реклама"],
  [{ did: "3345", queue: "Продажи" }, "Продажи"],
  [{ did: "3345", queue: null }, "3345"],
  [{ did: null, queue: null }, null],
])("line of %o is %s", (line, shown) => {
  const ringing = card("c1", "201");
  expect(toCardView({ card: ringing, call: call("c1", [ringing], line) }, around([]), account).line).toBe(shown);
});

test("a deal shows only what is known of it", () => {
  const bare = { ...client, openLeads: client.openLeads.map((lead) => ({ ...lead, price: null, statusName: null })) };
  const ringing = card("c1", "201");
  const view = toCardView(
    { card: ringing, call: call("c1", [ringing]) },
    around([bare, { ...client, kind: "company", openLeads: [] }]),
    account,
  );
  expect(view.clients.map(({ deal, path }) => ({ deal, path }))).toEqual([
    { deal: "«Окна, 12 шт.»", path: "/contacts/detail/77" },
    { deal: null, path: "/companies/detail/77" },
  ]);
});

test("a talk with the colleague who was asked tells of no failed call when the client has left", () => {
  const transfer = {
    kind: "attended",
    by: "201",
    to: "202",
    result: "failed",
    at: NOW,
    settledAt: NOW,
    transfereeLegId: "client",
  } as const;
  const viewOf = (peerLegId: string) => {
    const own = card("c1", "201", { state: "talking", peerLegId });
    return toCardView({ card: own, call: call("c1", [own], { transfers: [transfer] }) }, around([]), account).transfer;
  };
  expect(viewOf("colleague")).toBeNull();
  expect(viewOf("client")).toMatchObject({ state: "failed" });
});

test("with the sides swapped the client is talked to, in the consultation yet", () => {
  const swapped = card("c1", "201", { state: "talking", peerLegId: "l0", waitingLegId: "l2" });
  const transfer = { kind: "attended", by: "201", to: "202", at: 1, settledAt: null, transfereeLegId: "l0" } as const;
  const own = { card: swapped, call: call("c1", [swapped], { transfers: [{ ...transfer, result: "pending" }] }) };
  const view = toCardView(own, around([client]), account);
  expect(view).toMatchObject({ state: "consult-talking", wire: { client: "talks", colleague: "music" } });
  expect(view.transfer?.state).toBe("swapped");
  expect(view.can).toEqual(expect.arrayContaining(["complete-transfer", "cancel-transfer", "swap"]));
  expect(view.can).not.toContain("hold");
});
