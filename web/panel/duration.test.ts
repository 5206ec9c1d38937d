import { describe, expect, test } from "vitest";
import { formatDuration, formatHour, formatMoment } from "./duration.ts";

test.each([
  [7_000, "0:07", "00:07"],
  [134_000, "2:14", "02:14"],
  [3_734_000, "1:02:14", "1:02:14"],
  [-5, "0:00", "00:00"],
])("%i ms is %s of waiting and %s on a timer", (milliseconds, waiting, timer) => {
  expect([formatDuration(milliseconds, "waiting"), formatDuration(milliseconds, "timer")]).toEqual([waiting, timer]);
});

describe("hours are those of the zone", () => {
  const AT = Date.UTC(2026, 10, 24, 21, 5);

  test.each([
    ["Europe/Moscow", "00:05"],
    ["Asia/Kolkata", "02:35"],
    ["Pacific/Marquesas", "11:35"],
  ])("%s", (timeZone, hour) => {
    expect(formatHour(AT, timeZone)).toBe(hour);
  });

  test("and so is the day: what was today in one is yesterday in another", () => {
    const now = AT - 10 * 60_000;
    expect(formatMoment(now, AT, "Europe/Moscow")).toBe("24.11, 23:55");
    expect(formatMoment(now, AT, "Asia/Kolkata")).toBe("02:25");
    expect(formatMoment(AT - 365 * 86_400_000, AT, "Asia/Kolkata")).toBe("25.11, 02:35");
  });

  test("a zone that the browser does not know is told by its own clock", () => {
    expect(formatHour(AT, "Mars/Olympus")).toBe(formatHour(AT, Intl.DateTimeFormat().resolvedOptions().timeZone));
  });
});
