/** The life of a command: asked once, followed to its end, told and kept. */
import { expect, test, vi } from "vitest";
import { PhoneControlError } from "../calls/phone-control.ts";
import { callWith, cardWith } from "../calls/testing/call.ts";
import type { PhoneCommand } from "./command.ts";
import {
  anna,
  boris,
  type DeskStage,
  dial,
  done,
  hangUp,
  leg,
  own,
  refused,
  sent,
  setStageForEachTest,
  talkingCall,
} from "./testing/desk-stage.ts";

let stage: DeskStage;
setStageForEachTest((fresh) => {
  stage = fresh;
});

test("a dial rings the first extension, without the number's ornaments, and is done when the client answers", async () => {
  const outcomes = await stage.ask({ ...anna, extensions: ["201", "215"] }, "a", dial());
  expect(stage.phones.asked).toEqual([
    { ask: "dial", extension: "201", number: "+79001234567", legId: stage.dialledLeg() },
  ]);
  expect(outcomes).toEqual([sent]);
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "answered" });
  stage.desk.onChange(callWith({ linkedids: ["other"], answeredAt: 5 }));
  expect(outcomes).toEqual([sent]);
  stage.desk.onChange(callWith({ linkedids: [stage.dialledLeg()], answeredAt: 5 }));
  expect(outcomes).toEqual([sent, done]);
});

test("the PBX's answer about another program's originate moves no command", async () => {
  const outcomes = await stage.ask(anna, "a", dial());
  stage.phones.reports.tell({ legId: "c2c-of-another-program", answer: "no-answer" });
  expect(outcomes).toEqual([sent]);
});

test("the same id is the same command, whenever it comes, and hears the same outcome", async () => {
  const first = await stage.ask(anna, "a", dial());
  stage.now = 60_000;
  const second = await stage.ask(anna, "a", dial());
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "no-answer" });
  const third = await stage.ask(anna, "a", dial());
  expect(stage.phones.asked).toHaveLength(1);
  expect(first).toEqual([sent, refused("own-phone-no-answer")]);
  expect(second).toEqual(first);
  expect(third).toEqual([refused("own-phone-no-answer")]);
});

test("a command that took long answers to its id for as long as any other", async () => {
  await stage.ask(anna, "a", dial());
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "answered" });
  stage.now = 8 * 60_000;
  stage.desk.onChange(callWith({ linkedids: [stage.dialledLeg()], answeredAt: 5 }));
  stage.now += 60_000;
  expect(await stage.ask(anna, "a", dial())).toEqual([done]);
  expect(stage.phones.asked).toHaveLength(1);
});

test("a command is known by its id, to whoever asked for it, though its call has ended", async () => {
  stage.live = [callWith({ cards: [cardWith()] })];
  await stage.ask(anna, "a", hangUp());
  stage.live = [];
  stage.desk.onChange(callWith({ endedAt: 9 }));
  expect(stage.desk.knows({ by: anna, id: "a" })).toBe(true);
  expect(stage.desk.knows({ by: boris, id: "a" })).toBe(false);
  expect(await stage.ask(anna, "a", hangUp())).toEqual([done]);
});

test("a second equal click within two seconds is the same command", async () => {
  const first = await stage.ask(anna, "a", dial("+79001234567"));
  stage.now = 1_999;
  const second = await stage.ask(anna, "b", dial("+7 900 123-45-67"));
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "no-answer" });
  expect(stage.phones.asked).toHaveLength(1);
  expect(second).toEqual(first);
});

test("another number while a dial runs is refused, and so is the same one later; another employee's dial is not", async () => {
  await stage.ask(anna, "a", dial());
  expect(await stage.ask(anna, "b", dial("79005550000"))).toEqual([refused("already-running")]);
  stage.now = 2_000;
  expect(await stage.ask(anna, "c", dial())).toEqual([refused("already-running")]);
  expect(await stage.ask(boris, "a", dial())).toEqual([sent]);
  expect(stage.phones.asked).toHaveLength(2);
});

test("after a dial has ended the next one goes out", async () => {
  await stage.ask(anna, "a", dial());
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "no-answer" });
  stage.now = 5_000;
  expect(await stage.ask(anna, "b", dial())).toEqual([sent]);
});

test("what was asked for before the clock was set back is no second click", async () => {
  stage.now = 3_600_000;
  await stage.ask(anna, "a", dial());
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "no-answer" });
  stage.now = 0;
  expect(await stage.ask(anna, "b", dial())).toEqual([sent]);
});

test("holding anew what was taken back in between is another wish, however fast", async () => {
  const holds = [talkingCall(), talkingCall({ cards: [leg({ state: "hold" })] })] as const;
  const wish = async (id: string, kind: "hold" | "resume") => {
    const [before, after] = kind === "hold" ? holds : holds.toReversed();
    stage.live = before ? [before] : [];
    const outcomes = await stage.ask(anna, id, { kind, ...own });
    if (after) stage.desk.onChange(after);
    return outcomes;
  };
  for (const [id, kind] of [
    ["a", "hold"],
    ["b", "resume"],
    ["c", "hold"],
  ] as const) {
    expect(await wish(id, kind)).toEqual([sent, done]);
  }
  expect(stage.phones.asked.map(({ ask }) => ask)).toEqual(["hold", "resume", "hold"]);
});

test("when the service stops, what is under way is told to have ended in no way", async () => {
  const answer = Promise.withResolvers<void>();
  stage.phones.answer = () => answer.promise;
  const outcomes = await stage.ask(anna, "a", dial());
  stage.desk[Symbol.dispose]();
  answer.reject(new PhoneControlError("pbx-unreachable"));
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual([]);
});

test("what the phones refuse is refused at once, with no 'sent' before", async () => {
  stage.phones.answer = () => Promise.reject(new PhoneControlError("pbx-unreachable"));
  expect(await stage.ask(anna, "a", dial())).toEqual([refused("pbx-unreachable")]);
});

test("a dial that nothing is heard of times out", async () => {
  const outcomes = await stage.ask(anna, "a", dial());
  await vi.advanceTimersByTimeAsync(45_000);
  expect(outcomes).toEqual([sent, { state: "timed-out" }]);
});

test("an employee hangs up the own leg, and a ringing phone declines", async () => {
  stage.live = [callWith({ cards: [cardWith()] })];
  const outcomes = await stage.ask(anna, "a", hangUp());
  expect(stage.phones.asked).toEqual([{ ask: "hang-up", legId: "1.1", declining: false }]);
  stage.desk.onChange(callWith({ endedAt: 9 }));
  expect(outcomes).toEqual([sent, done]);
  stage.live = [callWith({ cards: [cardWith({ state: "ringing", direction: "inbound", legId: "3.3" })] })];
  await stage.ask(anna, "b", hangUp("3.3"));
  expect(stage.phones.asked.at(-1)).toEqual({ ask: "hang-up", legId: "3.3", declining: true });
});

test("hanging up what one has dialled ends the dial as cancelled, not as unanswered", async () => {
  const dialled = await stage.ask(anna, "a", dial());
  const cards = [cardWith({ state: "calling" })];
  stage.live = [callWith({ linkedids: [stage.dialledLeg()], cards })];
  const hungUp = await stage.ask(anna, "b", hangUp());
  stage.phones.reports.tell({ legId: stage.dialledLeg(), answer: "unreached" });
  stage.desk.onChange(callWith({ linkedids: [stage.dialledLeg()], endedAt: 9, disposition: "missed" }));
  expect(dialled).toEqual([sent, refused("cancelled")]);
  expect(hungUp).toEqual([sent, done]);
});

test("who declines a call ends no colleague's attempt to pick it up", async () => {
  const ringing = leg({ state: "ringing", direction: "inbound", pickedUp: false });
  stage.live = [talkingCall({ cards: [ringing] })];
  const picked = await stage.ask(boris, "a", { kind: "pick-up", callId: "call-1", extension: "201" });
  const [asked] = stage.phones.asked;
  const attempt = asked?.ask === "fetch" ? asked.legId : "";
  const his = leg({ ...ringing, legId: attempt, extension: "202", isFetching: true });
  stage.live = [talkingCall({ linkedids: ["1.1", attempt], cards: [ringing, his] })];
  await stage.ask(anna, "b", hangUp());
  expect(picked).toEqual([sent]);
  expect(stage.phones.asked.map(({ ask }) => ask)).toEqual(["fetch", "hang-up"]);
});

test("a leg that is being hung up is not hung up a second time", async () => {
  stage.live = [callWith({ cards: [cardWith()] })];
  await stage.ask(anna, "a", hangUp());
  stage.now = 3_000;
  expect(await stage.ask(anna, "b", hangUp())).toEqual([refused("already-running")]);
  expect(stage.phones.asked).toHaveLength(1);
});

test("a digit that is typed twice is two digits, however fast", async () => {
  stage.live = [talkingCall()];
  const digit: PhoneCommand = { kind: "send-digits", ...own, digits: "1" };
  for (const id of ["a", "b"]) expect((await stage.ask(anna, id, digit)).at(-1)).toEqual(done);
  expect(stage.phones.asked).toHaveLength(2);
});

test("a transfer that was taken back is told from one that came back by itself, until the next one", async () => {
  const pending = { kind: "blind", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  const handedOver = callWith({ transfers: [{ ...pending, transfereeLegId: "9.9" }] });
  stage.live = [handedOver];
  await stage.ask(anna, "a", { kind: "take-back", callId: "call-1" });
  expect(stage.desk.wasTakenBack("call-1")).toBe(false);
  stage.live = [talkingCall()];
  stage.desk.onChange(talkingCall());
  expect(stage.desk.wasTakenBack("call-1")).toBe(true);
  await stage.ask(anna, "b", { kind: "blind-transfer", ...own, to: "202" });
  expect(stage.desk.wasTakenBack("call-1")).toBe(false);
});

test("giving up a consultation with the sides swapped lets the colleague go, never the client", async () => {
  const pending = { kind: "attended", by: "201", to: "202", result: "pending", at: 1, settledAt: null } as const;
  stage.live = [
    talkingCall({
      cards: [leg({ state: "consult-talking", peerLegId: "9.9", waitingLegId: "2.2" })],
      transfers: [{ ...pending, transfereeLegId: "9.9" }],
    }),
  ];
  const outcomes = await stage.ask(anna, "a", { kind: "cancel-transfer", ...own });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(stage.phones.asked).toEqual([
    { ask: "stop-consulting", legId: "1.1" },
    { ask: "hang-up", legId: "2.2", declining: false },
  ]);
  stage.desk.onChange(talkingCall());
  expect(outcomes).toEqual([sent, done]);
});

test("a number that a colleague has just talked to is dialled only when it is asked for again", async () => {
  const employees = [{ extension: "202", result: "answered", ringSeconds: 1, talkSeconds: 60 }] as const;
  stage.now = 61_000;
  stage.desk.onChange(callWith({ id: "earlier", answeredAt: 1, endedAt: 61_000, talkSeconds: 60, employees }));
  stage.now = 120_000;
  const collision = { state: "talked", extension: "202", at: 61_000, talkSeconds: 60 };
  expect(await stage.ask(anna, "a", dial())).toEqual([{ state: "warned", collision }]);
  expect(stage.phones.asked).toEqual([]);
  expect(await stage.ask(anna, "b", { kind: "dial", number: "79001234567", despite: true })).toEqual([sent]);
});

test("the journal tells of each command who, when, what was seen and how it ended; of a repeated one once", async () => {
  stage.live = [callWith({ cards: [leg()] })];
  stage.now = 7;
  await stage.ask(anna, "a", hangUp());
  await stage.ask(anna, "a", hangUp());
  stage.now = 9;
  stage.desk.onChange(callWith({ endedAt: 9 }));
  await stage.ask(boris, "b", hangUp());
  expect([...stage.kept.values()]).toMatchObject([
    {
      kind: "hang-up",
      by: { name: "Employee 201", userId: 201 },
      extension: "201",
      callId: "call-1",
      askedAt: 7,
      seen: [
        { at: 7, state: "asked" },
        { at: 7, state: "sent" },
      ],
      outcome: done,
      endedAt: 9,
    },
    { kind: "hang-up", by: { userId: 202 }, askedAt: 9, outcome: refused("not-your-leg"), endedAt: 9 },
  ]);
});

test("a journal that cannot be written is told of, and the command goes on", async () => {
  const troubles: unknown[] = [];
  stage.desk.onTrouble.add((error) => troubles.push(error));
  stage.kept.set = () => {
    throw new Error("disk full");
  };
  stage.live = [callWith({ cards: [leg()] })];
  const outcomes = await stage.ask(anna, "a", hangUp());
  stage.desk.onChange(callWith({ endedAt: 9 }));
  await vi.advanceTimersByTimeAsync(0);
  expect(outcomes).toEqual([sent, done]);
  expect(troubles).toHaveLength(2);
});
