import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isHidden, readPhoneKey, readPhoneKeys, sameNumber, toCrmPhone } from "./phone-key.ts";

const e164 = (text: string, country = "RU") => readPhoneKeys(text, country).map((key) => key.e164 ?? key.national);

describe("spellings of one number meet", () => {
  test.each([
    ["+79161234567", "RU"],
    ["89161234567", "RU"],
    ["79161234567", "RU"],
    ["9161234567", "RU"],
    ["+7 (916) 123-45-67", "RU"],
    ["8-916-123-45-67", "RU"],
    ["тел. 8(916)123 45 67", "RU"],
    ["8 916 123-45-67 доб. 205", "RU"],
    ["8 916 123-45-67 вн.12", "RU"],
    ["8 916 123-45-67 внутр. 12", "RU"],
    ["+7 916 123-45-67 ext 7", "RU"],
    ["+7 916 123-45-67 x205", "RU"],
    ["+7 916 123-45-67#205", "RU"],
    ["89161234567,205", "RU"],
    ["89161234567;ext=5", "RU"],
    ["0079161234567", "RU"],
    ["+7 916 123 45 67", "BR"],
    ["0079161234567", "UZ"],
  ])("%s read in %s", (text, country) => {
    expect(e164(text, country)).toEqual(["+79161234567"]);
  });

  test.each([
    ["998901234567", "RU", "+998901234567"],
    ["810998901234567", "RU", "+998901234567"],
    ["901234567", "UZ", "+998901234567"],
    ["87011234567", "KZ", "+77011234567"],
    ["8 701 123 45 67", "RU", "+77011234567"],
    ["375291234567", "RU", "+375291234567"],
    ["80291234567", "BY", "+375291234567"],
    ["11 91234-5678", "BR", "+5511912345678"],
    ["0 15 11 91234-5678", "BR", "+5511912345678"],
    ["+55 11 8765-4321", "BR", "+5511987654321"],
    ["+52 1 55 1234 5678", "MX", "+525512345678"],
    ["044 55 1234 5678", "MX", "+525512345678"],
    ["55 1234 5678", "MX", "+525512345678"],
    ["8-800-200-06-00", "RU", "+78002000600"],
    ["8 (495) 123-45-67/68", "RU", "+74951234567"],
  ])("%s read in %s is %s", (text, country, expected) => {
    expect(e164(text, country)).toEqual([expected]);
  });
});

describe("several numbers in one field", () => {
  test.each([
    "89161234567; 8(495)1234567",
    "+79161234567/+74951234567",
    "89161234567, 8 495 123-45-67 доб 12",
    "89161234567 84951234567",
    "8 916 123 45 67 8 495 123 45 67",
    "89161234567 или 84951234567",
    "89161234567\n84951234567, 84951234567",
  ])("%j", (text) => {
    expect(e164(text)).toEqual(["+79161234567", "+74951234567"]);
  });
});

describe("what names nobody", () => {
  test.each(["", "нет", "205", "112", "+7", "anonymous", "---", "0000000000", "1".repeat(40)])("%j", (text) => {
    expect(e164(text)).toEqual([]);
  });

  test.each([null, "", "Anonymous", "unknown", "restricted", "000", "неизвестен"])("hidden: %j", (raw) => {
    expect(isHidden(raw)).toBe(true);
  });

  test("a short number is not hidden, it only has no key", () => {
    expect(isHidden("205")).toBe(false);
    expect(readPhoneKey("205", "RU")).toBeUndefined();
    expect(toCrmPhone("205", "RU")).toBe("205");
  });
});

describe("two numbers are one", () => {
  const same = (one: string, other: string) => {
    const [a, b] = [readPhoneKey(one, "RU"), readPhoneKey(other, "RU")];
    return a !== undefined && b !== undefined && sameNumber(a, b);
  };

  test("when a foreign one is written without its country", () => {
    expect(same("2125551234", "+1 212 555 1234")).toBe(true);
  });

  test("never by a common tail only", () => {
    expect(same("+79161234567", "+449161234567")).toBe(false);
    expect(same("+74951234567", "1234567")).toBe(false);
    expect(same("+79161234567", "+77161234567")).toBe(false);
  });

  test("never when a town's own number is, by chance, the whole of a small country's", () => {
    expect(same("581-23-45", "+354 581 2345")).toBe(false);
    expect(same("581-23-45", "5812345")).toBe(true);
  });
});

test("an unknown country is refused in words", () => {
  expect(() => readPhoneKey("89161234567", "XX")).toThrow('no numbering plan for country "XX"');
});

test("any text is read without throwing, and each key is digits", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\d +()#,;/.доб-]*$/)), (text) => {
      for (const key of readPhoneKeys(text, "RU")) {
        expect(key.national).toMatch(/^\d{7,18}$/);
        if (key.e164 !== null) expect(key.e164).toMatch(/^\+\d{7,15}$/);
      }
    }),
  );
});
