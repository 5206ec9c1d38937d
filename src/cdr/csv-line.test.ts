import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCsvLine } from "./csv-line.ts";

test("a record of Asterisk's is cut into its fields", () => {
  expect(parseCsvLine('"","201","202","all_peers","""Anna, K."" <201>",,"x",3,"b"')).toEqual([
    "",
    "201",
    "202",
    "all_peers",
    '"Anna, K." <201>',
    "",
    "x",
    "3",
    "b",
  ]);
});

test("whatever is quoted comes back", () => {
  const text = fc.string().map((value) => value.replace(/[\r\n]/g, ""));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), (fields) => {
      const line = fields.map((field) => `"${field.replaceAll('"', '""')}"`).join(",");
      expect(parseCsvLine(line)).toEqual(fields);
    }),
    { seed: 1 },
  );
});
