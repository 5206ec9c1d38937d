// 300 spellings and more, each with the numbers it holds: all of them are found, and none is taken for somebody else's.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type PhoneKey, readPhoneKey, readPhoneKeys, sameNumber } from "./phone-key.ts";

interface Spelling {
  readonly country: string;
  readonly text: string;
  /** E.164. */
  readonly numbers: readonly string[];
}

const spellings: readonly Spelling[] = readFileSync(
  new URL("../../test/data/phone-spellings.tsv", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => {
    const [country = "", text = "", numbers = ""] = line.split("\t");
    return { country, text: text.replaceAll("\\n", "\n"), numbers: numbers === "-" ? [] : numbers.split(" ") };
  });

const everybody = new Set(spellings.flatMap(({ numbers }) => numbers));
const keyOf = (number: string): PhoneKey => {
  const key = readPhoneKey(number, "RU");
  if (key?.e164 !== number) throw new Error(`the list holds ${number}, which is no number`);
  return key;
};

test("there are enough of them, of every country", () => {
  expect(spellings.length).toBeGreaterThanOrEqual(300);
  const countries = Map.groupBy(spellings, ({ country }) => country);
  expect([...countries.keys()].toSorted()).toEqual(["BR", "KZ", "MX", "RU", "UZ"]);
});

test("no spelling is linked to anybody else's number", () => {
  const wrong = spellings.flatMap(({ country, text, numbers }) => {
    const keys = readPhoneKeys(text, country);
    return [...everybody]
      .filter((number) => !numbers.includes(number) && keys.some((key) => sameNumber(key, keyOf(number))))
      .map((number) => `${country} ${JSON.stringify(text)} is taken for ${number}`);
  });
  expect(wrong).toEqual([]);
});

test("two spellings of different numbers never meet", () => {
  const read = spellings.map((spelling) => ({ ...spelling, keys: readPhoneKeys(spelling.text, spelling.country) }));
  const wrong = read.flatMap((one, at) =>
    read
      .slice(at + 1)
      .filter((other) => !one.numbers.some((number) => other.numbers.includes(number)))
      .filter((other) => one.keys.some((key) => other.keys.some((foreign) => sameNumber(key, foreign))))
      // Two cards with the very same junk are no false link: nobody calls from it.
      .filter((other) => one.numbers.length > 0 || other.numbers.length > 0)
      .map(
        (other) =>
          `${JSON.stringify(one.text)} (${one.country}) meets ${JSON.stringify(other.text)} (${other.country})`,
      ),
  );
  expect(wrong).toEqual([]);
});

test("every number that is there is found", () => {
  const missed = spellings.flatMap(({ country, text, numbers }) => {
    const keys = readPhoneKeys(text, country);
    return numbers
      .filter((number) => !keys.some((key) => sameNumber(key, keyOf(number))))
      .map((number) => `${country} ${JSON.stringify(text)}: ${number} is not found`);
  });
  expect(missed).toEqual([]);
});

test("what holds no number gives none that could be called", () => {
  const wrong = spellings
    .filter(({ numbers }) => numbers.length === 0)
    .flatMap(({ country, text }) =>
      readPhoneKeys(text, country)
        .filter(({ e164 }) => e164 !== null)
        .map(({ e164 }) => `${country} ${JSON.stringify(text)} is ${e164}`),
    );
  expect(wrong).toEqual([]);
});
