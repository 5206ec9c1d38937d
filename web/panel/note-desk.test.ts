/** Words on their way to the service: none is lost, and none is sent that is there already. */
import { expect, test } from "vitest";
import type { CallNoteView, PanelRequest } from "../../src/panel/protocol.ts";
import { HandClock } from "../testing/hand-clock.ts";
import { type CallNote, endWords, sendWords, stepNotes, type WordCommand } from "./call-notes.ts";
import { NoteDesk } from "./note-desk.ts";
import type { Failure } from "./panel-state.ts";

const TOLD: CallNoteView = { text: "", path: "/leads/detail/7", places: [] };
const PAUSE_MS = 1_500;

function stand() {
  let notes: readonly CallNote[] = [];
  const clock = new HandClock();
  const asked: PanelRequest[] = [];
  const given: WordCommand[] = [];
  const desk = new NoteDesk({
    notes: () => notes,
    openCard: () => "/contacts/detail/3",
    happen: (step) => {
      notes = stepNotes(notes, step);
    },
    send: (request) => asked.push(request) > 0,
    give: (command) => {
      notes = sendWords(notes, command);
      given.push(command);
    },
    after: clock.after,
  });
  const end = (why: Failure | null = null) => {
    const command = given.at(-1);
    if (command === undefined) throw new Error("nothing was given");
    notes = endWords(notes, command, why);
    desk.commandEnded(command);
  };
  const texts = () => given.map((command) => (command.kind === "note-call" ? command.text : command.path));
  return { desk, clock, asked, given, texts, end, notes: () => notes };
}

test("what is typed goes after a pause, as one line", () => {
  const { desk, clock, texts, asked } = stand();
  desk.open("c1");
  desk.take("c1", TOLD);
  desk.type("c1", "Просит");
  clock.pass(PAUSE_MS - 1);
  desk.type("c1", "Просит\n счёт ");
  clock.pass(PAUSE_MS - 1);
  expect(texts()).toEqual([]);
  clock.pass(1);
  expect(texts()).toEqual(["Просит счёт"]);
  expect(asked).toEqual([{ type: "get-call-note", callId: "c1", open: "/contacts/detail/3" }]);
});

test("words go one after another, so that the last ones are the last there, too", () => {
  const { desk, clock, texts, end } = stand();
  desk.open("c1");
  desk.take("c1", TOLD);
  desk.type("c1", "Один");
  clock.pass(PAUSE_MS);
  desk.type("c1", "Один, два");
  clock.pass(PAUSE_MS);
  desk.put("c1", "/contacts/detail/3");
  expect(texts()).toEqual(["Один"]);
  end();
  expect(texts()).toEqual(["Один", "/contacts/detail/3"]);
  end();
  expect(texts()).toEqual(["Один", "/contacts/detail/3", "Один, два"]);
  end();
  desk.leave("c1");
  expect(texts()).toHaveLength(3);
});

test("nothing goes before it is known what was said, and neither is lost", () => {
  const { desk, clock, texts, notes } = stand();
  desk.open("c1");
  desk.type("c1", "перезвонить");
  clock.pass(PAUSE_MS);
  desk.leave("c1");
  expect(texts()).toEqual([]);
  desk.take("c1", { ...TOLD, text: "Ждёт счёт," });
  expect(texts()).toEqual(["Ждёт счёт, перезвонить"]);
  expect(notes()[0]?.text).toBe("Ждёт счёт, перезвонить");
});

test("what somebody else has written meanwhile is shown, but for what is being written here", () => {
  const { desk, notes, texts } = stand();
  desk.open("c1");
  desk.take("c1", TOLD);
  desk.take("c1", { ...TOLD, text: "Мария: ждёт" });
  expect(notes()[0]).toMatchObject({ told: { text: "Мария: ждёт" }, text: null });
  desk.type("c1", "Мария: ждёт, я: нет");
  desk.take("c1", { ...TOLD, text: "Мария: ушёл" });
  expect(notes()[0]?.text).toBe("Мария: ждёт, я: нет");
  desk.leave("c1");
  expect(texts()).toEqual(["Мария: ждёт, я: нет"]);
});

test("words may be taken back whole", () => {
  const { desk, texts } = stand();
  desk.open("c1");
  desk.take("c1", { ...TOLD, text: "Ошибся" });
  desk.type("c1", " ");
  desk.leave("c1");
  expect(texts()).toEqual([""]);
});

test("a field that was closed is forgotten when its words are there, and not before", () => {
  const { desk, notes, end } = stand();
  desk.open("c1");
  desk.take("c1", TOLD);
  desk.type("c1", "Да");
  desk.close("c1");
  expect(notes()).toHaveLength(1);
  end();
  expect(notes()).toEqual([]);
  desk.open("c1");
  desk.close("c1");
  expect(notes()).toEqual([]);
});

test.each(["not-sent", "timed-out"] as const)(
  "what came to nothing as '%s' goes again when the link is back",
  (why) => {
    const { desk, texts, end, notes } = stand();
    desk.open("c1");
    desk.take("c1", TOLD);
    desk.type("c1", "Да");
    desk.close("c1");
    end(why);
    desk.open("c2");
    desk.take("c2", TOLD);
    desk.put("c2", "/contacts/detail/3");
    end(why);
    expect(texts()).toEqual(["Да", "/contacts/detail/3"]);
    desk.linkIsLive();
    expect(texts().slice(2)).toEqual(["Да", "/contacts/detail/3"]);
    expect(notes().map(({ failure }) => failure)).toEqual([null, null]);
  },
);

test("what was refused waits for the person: for other words, or for the same once more", () => {
  const { desk, clock, texts, end, notes } = stand();
  desk.open("c1");
  desk.take("c1", TOLD);
  desk.type("c1", "Да");
  clock.pass(PAUSE_MS);
  end("crm-unavailable");
  clock.pass(60_000);
  expect([texts(), notes()[0]?.failure?.why]).toEqual([["Да"], "crm-unavailable"]);
  const [note] = notes();
  if (note) desk.retry(note);
  expect(texts()).toEqual(["Да", "Да"]);
  end("crm-unavailable");
  desk.type("c1", "Да, но");
  expect(notes()[0]?.failure).toBe(null);
});

test("when the page goes away, everything that stands in a field goes", () => {
  const { desk, texts, clock } = stand();
  for (const callId of ["c1", "c2"]) {
    desk.open(callId);
    desk.take(callId, TOLD);
    desk.type(callId, callId);
  }
  desk.saveAll();
  expect([texts(), clock.waiting]).toEqual([["c1", "c2"], 0]);
});

test.each([
  ["what it was written over", "Ждёт", "Ждёт до пятницы"],
  ["nothing any more", "", "Ждёт до пятницы"],
  ["other words", "Ушёл", "Ушёл Ждёт до пятницы"],
])("words from before a reload go once it is known that the service has %s", (_, has, sent) => {
  const { desk, texts, asked, end, notes } = stand();
  desk.restore([{ callId: "c1", text: "Ждёт до пятницы", over: "Ждёт" }]);
  desk.linkIsLive();
  expect([texts(), asked]).toEqual([[], [{ type: "get-call-note", callId: "c1", open: "/contacts/detail/3" }]]);
  desk.take("c1", { ...TOLD, text: has });
  expect(texts()).toEqual([sent]);
  end();
  expect(notes()).toEqual([]);
});

test("words from before a reload that had reached the service are forgotten", () => {
  const { desk, texts, notes } = stand();
  desk.restore([{ callId: "c1", text: "Ждёт до пятницы", over: "Ждёт" }]);
  desk.linkIsLive();
  desk.take("c1", { ...TOLD, text: "Ждёт до пятницы" });
  expect([texts(), notes()]).toEqual([[], []]);
});

test("which card has the call is asked again until it is written there, and no longer than its field is seen", () => {
  const { desk, asked, clock, notes } = stand();
  const unwritten = { ...TOLD, path: null };
  desk.open("c1");
  desk.take("c1", unwritten);
  clock.pass(3_000);
  expect(asked).toHaveLength(2);
  desk.take("c1", TOLD);
  expect(notes()[0]?.told?.path).toBe("/leads/detail/7");
  clock.pass(60_000);
  expect(asked).toHaveLength(2);
  desk.open("c2");
  desk.take("c2", unwritten);
  desk.gone("c2");
  clock.pass(60_000);
  expect(asked).toHaveLength(3);
});

test("a call that is not written for long is not asked about for ever", () => {
  const { desk, asked, clock } = stand();
  desk.open("c1");
  for (let answer = 0; answer < 20; answer++) {
    desk.take("c1", { ...TOLD, path: null });
    clock.pass(3_000);
  }
  expect(asked).toHaveLength(6);
});
