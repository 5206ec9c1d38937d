import { describe, expect, test } from "vitest";
import { birthOf, LocalTime } from "./local-time.ts";

const at = (iso: string) => Date.parse(iso);

describe("a local time of the PBX", () => {
  test("is read in the zone that is named, whatever zone this machine is in", () => {
    expect(new LocalTime("Europe/Moscow").toEpoch("2026-01-15 10:30:45.123")).toBe(at("2026-01-15T07:30:45.123Z"));
    expect(new LocalTime("Asia/Kathmandu").toEpoch("2026-01-15 10:30:45")).toBe(at("2026-01-15T04:45:45Z"));
    expect(new LocalTime("America/New_York").toEpoch("2026-07-01T10:00:00")).toBe(at("2026-07-01T14:00:00Z"));
  });

  test("keeps an offset of its own", () => {
    expect(new LocalTime("Europe/Moscow").toEpoch("2026-01-15 10:30:45.123456+00")).toBe(
      at("2026-01-15T10:30:45.123Z"),
    );
    expect(new LocalTime("UTC").toEpoch("2026-01-15 10:30:45-02:30")).toBe(at("2026-01-15T13:00:45Z"));
  });

  test("in the hour that comes twice is told by the channel's own birth", () => {
    const berlin = new LocalTime("Europe/Berlin");
    const first = at("2026-10-25T00:30:00Z");
    const second = at("2026-10-25T01:30:00Z");
    expect(berlin.toLocal(first)).toBe("2026-10-25 02:30:00");
    expect(berlin.toLocal(second)).toBe("2026-10-25 02:30:00");
    expect(berlin.toEpoch("2026-10-25 02:30:00", birthOf(`pbx-${first / 1000}.7`))).toBe(first);
    expect(berlin.toEpoch("2026-10-25 02:30:00", birthOf(`pbx-${second / 1000}.7`))).toBe(second);
  });

  test("in the hour that is left out is read by the clock that was not put forward", () => {
    expect(new LocalTime("Europe/Berlin").toEpoch("2026-03-29 02:30:00")).toBe(at("2026-03-29T01:30:00Z"));
  });

  test("comes back as it was, in any zone and at any hour", () => {
    for (const zone of ["Europe/Moscow", "Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "UTC"]) {
      const time = new LocalTime(zone);
      for (let moment = at("2026-01-01T00:00:00Z"); moment < at("2026-12-31T00:00:00Z"); moment += 7_777_000) {
        expect(time.toEpoch(time.toLocal(moment), moment)).toBe(moment);
      }
    }
  });

  test("that is none is refused", () => {
    expect(new LocalTime("UTC").toEpoch("yesterday")).toBeNull();
    expect(new LocalTime("UTC").toEpoch("")).toBeNull();
  });
});

test("a uniqueid tells the second of its channel's birth", () => {
  expect(birthOf("mikopbx-1795439289.193")).toBe(1_795_439_289_000);
  expect(birthOf("1795439289.193")).toBe(1_795_439_289_000);
  expect(birthOf("c2c-1795439155537-1")).toBeUndefined();
});
