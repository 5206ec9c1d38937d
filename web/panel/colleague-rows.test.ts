/** The order of colleagues never depends on their state, and a long list is drawn only where it is looked at. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Colleague } from "../../src/panel/protocol.ts";
import { GROUP_PX, groupLines, orderColleagues, ROW_PX, sliceLines } from "./colleague-rows.ts";

const person = (extension: string, name: string, department: string | null): Colleague => ({
  extension,
  name,
  department,
  presence: "free",
  since: null,
  rings: null,
  queue: null,
});

test("the own department comes first, then by name; oneself is not among them", () => {
  const all = [
    person("301", "Андрей", "Поддержка"),
    person("206", "Алла", "Отдел продаж"),
    person("204", "Роман", "Отдел продаж"),
    person("205", "Мария", "Отдел продаж"),
    person("900", "Яна", null),
    person("100", "Вера", "Бухгалтерия"),
  ];
  expect(orderColleagues(all, { extension: "204", department: "Отдел продаж" }).map(({ name }) => name)).toEqual([
    "Алла",
    "Мария",
    "Вера",
    "Андрей",
    "Яна",
  ]);
});

test("groups are named with their size, and only where there are several", () => {
  const two = [person("1", "А", "Продажи"), person("2", "Б", "Продажи"), person("3", "В", null)];
  expect(
    groupLines(two).map((line) =>
      line.kind === "group" ? `${line.department} ${line.size}` : line.match.colleague.name,
    ),
  ).toEqual(["Продажи 2", "А", "Б", "null 1", "В"]);
  expect(groupLines([person("1", "А", "Продажи")])).toHaveLength(1);
});

test("wherever one scrolls, the slice covers the window and the whole keeps its height", () => {
  const lines = groupLines(
    Array.from({ length: 2_000 }, (_, i) => person(String(i), `n${i}`, `d${Math.floor(i / 37)}`)),
  );
  const px = (from: number, to: number) =>
    lines.slice(from, to).reduce((sum, { kind }) => sum + (kind === "row" ? ROW_PX : GROUP_PX), 0);
  const whole = px(0, lines.length);
  fc.assert(
    fc.property(fc.nat(whole), fc.integer({ min: 100, max: 900 }), (scrollTop, heightPx) => {
      const { from, to, abovePx, belowPx } = sliceLines(lines, scrollTop, heightPx);
      const drawn = px(from, to);
      expect(abovePx + drawn + belowPx).toBe(whole);
      expect(abovePx).toBeLessThanOrEqual(scrollTop);
      expect(abovePx + drawn).toBeGreaterThanOrEqual(Math.min(scrollTop + heightPx, whole));
      expect(to - from).toBeLessThan(60);
    }),
  );
});

test("a short list is drawn whole", () => {
  const lines = groupLines(Array.from({ length: 150 }, (_, i) => person(String(i), `n${i}`, null)));
  expect(sliceLines(lines, 3_000, 300)).toEqual({ from: 0, to: 150, abovePx: 0, belowPx: 0 });
});
