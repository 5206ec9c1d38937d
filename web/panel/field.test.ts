/** The line under the field says exactly what ENTER will do: a number is dialled as typed, a text filters, nothing is guessed. */
import { describe, expect, test } from "vitest";
import type { Colleague } from "../../src/panel/protocol.ts";
import { groupNumber, readField } from "./field.ts";

const person = (extension: string, name: string, department: string | null = null): Colleague => ({
  extension,
  name,
  department,
  presence: "free",
  since: null,
  rings: null,
  queue: null,
});
const anna = person("214", "Анна Журавлёва", "Поддержка");
const zhanna = person("305", "Жанна Ли", "Поддержка");
const petr = person("212", "Пётр Лебедев", "Отдел продаж");
const john = person("401", "John Lee");
const everybody = [anna, zhanna, petr, john];

const names = (text: string) => {
  const meaning = readField(text, everybody);
  return "matches" in meaning ? meaning.matches.map(({ colleague }) => colleague.name) : meaning.kind;
};

describe("a number", () => {
  test.each([
    ["9161234567", "9161234567"],
    ["+7 (916) 123-45-67", "+79161234567"],
    ["8 916 123 45 67", "89161234567"],
    ["тел.: 8 (916) 123-45-67", "89161234567"],
    ["8–916–123–45–67", "89161234567"],
    ["8 812 309-45-67, 2 этаж", "88123094567"],
    ["112", "112"],
    ["7", "7"],
  ])("%s is dialled as %s", (text, number) => {
    expect(readField(text, everybody)).toMatchObject({ kind: "number", number, extensionAfter: null });
  });

  test.each(["доб. 12", "доб 12", "добавочный 12", "ext. 12", "вн. 12", "#12"])(
    "with «%s» after it says so",
    (after) => {
      const meaning = readField(`8 (916) 123-45-67 ${after}`, everybody);
      expect(meaning).toMatchObject({ kind: "number", number: "89161234567", extensionAfter: "12" });
    },
  );

  test("that is a colleague's is his call", () => {
    expect(readField("214", everybody)).toMatchObject({ kind: "number", number: "214", colleague: anna });
  });

  test("shows the colleagues whose extension begins so", () => {
    expect(names("21")).toEqual([anna.name, petr.name]);
  });
});

test("several numbers in a pasted text are all offered, each once", () => {
  expect(readField("8 812 309-45-67, 8-921-700-14-14; 8 812 309 45 67", everybody)).toEqual({
    kind: "numbers",
    numbers: ["88123094567", "89217001414"],
  });
});

describe("a text", () => {
  test.each([
    ["анна", [anna.name, zhanna.name]],
    ["АННА ж", [anna.name]],
    ["fyyf", [anna.name, zhanna.name]],
    ["ЖУРАВЛЕВА", [anna.name]],
    ["gtnh", [petr.name]],
    ["g`nh", [petr.name]],
    ["поддерж", [anna.name, zhanna.name]],
    ["отдел продаж 2", [petr.name]],
    ["lee", [john.name]],
    ["дуу", [john.name]],
    ["дмитирй", []],
  ])("«%s» finds %j", (text, found) => {
    expect(names(text)).toEqual(found);
  });

  test("typed on the other layout says as what it was taken", () => {
    expect(readField("fyyf", everybody)).toMatchObject({ kind: "filter", asIf: "анна" });
    expect(readField("анна", everybody)).toMatchObject({ kind: "filter", asIf: null });
  });

  test("marks the letters that matched", () => {
    const meaning = readField("анна", [zhanna]);
    expect(meaning).toMatchObject({ matches: [{ colleague: zhanna, mark: { from: 1, to: 5 } }] });
  });
});

test.each(["", "   "])("«%s» means nothing", (text) => {
  expect(readField(text, everybody)).toEqual({ kind: "empty" });
});

test.each([
  ["89161234567", "8 916 123-45-67"],
  ["+79161234567", "+7 916 123-45-67"],
  ["9161234567", "916 123-45-67"],
  ["205", "205"],
  ["+442071838750", "+442071838750"],
])("%s is read as %s", (number, text) => {
  expect(groupNumber(number)).toBe(text);
});
