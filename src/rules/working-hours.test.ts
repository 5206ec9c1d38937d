// A deadline lies in working hours; hours are the account's own, whatever the clocks of its country do.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { USUAL_HOURS } from "./default-rules.ts";
import { addWorkingMinutes, isWorking, localTime, type WorkingHours } from "./working-hours.ts";

const MOSCOW = "Europe/Moscow";
const at = (text: string) => Date.parse(`${text}+03:00`);
const hours: WorkingHours = {
  week: [
    { days: ["mon", "tue", "wed", "thu", "fri"], from: "14:00", to: "18:00" },
    { days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "13:00" },
    { days: ["sat"], from: "10:00", to: "24:00" },
  ],
  holidays: ["2025-07-07"],
};

describe("a deadline", () => {
  test.each([
    ["the same day", "2025-07-03T10:00", 60, "2025-07-03T11:00"],
    ["after lunch", "2025-07-03T12:30", 60, "2025-07-03T14:30"],
    ["at the very end of the day", "2025-07-03T17:00", 60, "2025-07-03T18:00"],
    ["the next morning", "2025-07-03T17:30", 60, "2025-07-04T09:30"],
    ["before work", "2025-07-03T03:00", 30, "2025-07-03T09:30"],
    ["until midnight", "2025-07-05T23:30", 30, "2025-07-06T00:00"],
    ["over Sunday and a holiday", "2025-07-06T12:00", 10, "2025-07-08T09:10"],
    ["at once, while there is work", "2025-07-03T10:00", 0, "2025-07-03T10:00"],
    ["at the first moment, while there is none", "2025-07-06T12:00", 0, "2025-07-08T09:00"],
  ])("%s", (_, from, minutes, to) => {
    expect(new Date(addWorkingMinutes(hours, MOSCOW, at(from), minutes)).toISOString()).toBe(
      new Date(at(to)).toISOString(),
    );
  });

  test("counts the hours that two shifts share once", () => {
    const shared: WorkingHours = {
      week: [
        { days: ["thu"], from: "09:00", to: "13:00" },
        { days: ["thu"], from: "12:00", to: "18:00" },
      ],
      holidays: [],
    };
    expect(addWorkingMinutes(shared, MOSCOW, at("2025-07-03T11:00"), 180)).toBe(at("2025-07-03T14:00"));
  });

  test("where nobody ever works, is by the clock", () => {
    const never = { week: [{ days: ["mon"], from: "09:00", to: "18:00" }], holidays: [] } as const;
    const mondays = Array.from(
      { length: 70 },
      (_, week) => localTime(MOSCOW, at("2025-07-07T12:00") + week * 7 * 86_400_000).date,
    );
    const from = at("2025-07-03T10:00");
    expect(addWorkingMinutes({ ...never, holidays: mondays }, MOSCOW, from, 5)).toBe(from + 5 * 60_000);
  });

  test("round the clock is by the clock, also in the nights when it is changed", () => {
    const always = { week: [], holidays: [] };
    for (const zone of ["Europe/Berlin", "America/Sao_Paulo", MOSCOW]) {
      const before = Date.UTC(2025, 9, 25, 12);
      expect(addWorkingMinutes(always, zone, before, 24 * 60)).toBe(before + 24 * 3_600_000);
    }
  });

  test.each([
    ["in spring", "2026-03-28T21:00:00+01:00", "2026-03-29T09:30:00+02:00"],
    ["in autumn", "2026-10-24T21:00:00+02:00", "2026-10-25T09:30:00+01:00"],
    ["in spring, from the same night", "2026-03-29T01:30:00+01:00", "2026-03-29T09:30:00+02:00"],
    ["in autumn, from the same night", "2026-10-25T01:30:00+02:00", "2026-10-25T09:30:00+01:00"],
  ])("is by the wall clock on the day it is changed, %s", (_, from, to) => {
    const daily = { week: [{ days: ["sat", "sun"], from: "09:00", to: "18:00" }], holidays: [] } as const;
    const due = addWorkingMinutes(daily, "Europe/Berlin", Date.parse(from), 30);
    expect(new Date(due).toISOString()).toBe(new Date(to).toISOString());
  });

  test("is a moment of work, or the end of one, whenever the call came", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 525_600 }),
        fc.integer({ min: 1, max: 3_000 }),
        fc.constantFrom("Europe/Berlin", "America/Mexico_City", "Asia/Almaty", MOSCOW),
        (minute, work, zone) => {
          const from = Date.UTC(2025, 0, 1) + minute * 60_000;
          const due = addWorkingMinutes(USUAL_HOURS, zone, from, work);
          expect(due).toBeGreaterThanOrEqual(from + work * 60_000);
          expect(isWorking(USUAL_HOURS, zone, due - 60_000)).toBe(true);
        },
      ),
    );
  });
});

test("an hour is the account's own", () => {
  expect(isWorking(USUAL_HOURS, MOSCOW, at("2025-07-04T08:59"))).toBe(false);
  expect(isWorking(USUAL_HOURS, MOSCOW, at("2025-07-04T09:00"))).toBe(true);
  expect(isWorking(USUAL_HOURS, MOSCOW, at("2025-07-04T18:00"))).toBe(false);
  expect(isWorking(USUAL_HOURS, "Asia/Vladivostok", at("2025-07-04T10:30"))).toBe(true);
  expect(isWorking(USUAL_HOURS, "Asia/Vladivostok", at("2025-07-04T11:30"))).toBe(false);
});
