/** No digit is lost, doubled or overtaken on its way into the talk. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Tones } from "./tones.ts";

const leg = { callId: "c1", legId: "l1" };

function stand() {
  const sent: { readonly id: string; readonly digits: string }[] = [];
  const tones = new Tones((id, _, digits) => sent.push({ id, digits }));
  const end = (state: "done" | "timed-out") => tones.takeEnd(sent.at(-1)?.id ?? "", { state });
  return { tones, end, digits: () => sent.map(({ digits }) => digits) };
}

test("what is typed meanwhile goes together", () => {
  const { tones, end, digits } = stand();
  for (const digit of "112") tones.press(leg, digit);
  expect(digits()).toEqual(["1"]);
  end("done");
  expect(digits()).toEqual(["1", "12"]);
});

test("after a failure the rest is not sent: it would be another number", () => {
  const { tones, end, digits } = stand();
  for (const digit of "123") tones.press(leg, digit);
  end("timed-out");
  tones.press(leg, "9");
  expect(digits()).toEqual(["1", "9"]);
});

test("a command that ends before it was begun, as without a link, stops nothing", () => {
  const sent: string[] = [];
  const tones: Tones = new Tones((id, _, digits) => {
    sent.push(digits);
    tones.takeEnd(id, { state: "not-sent" });
  });
  tones.press(leg, "1");
  tones.press(leg, "2");
  expect(sent).toEqual(["1", "2"]);
});

test("every digit arrives once and in order, however typing and answers mix", () => {
  const moves = fc.array(fc.constantFrom("0", "1", "5", "#", "done"), { maxLength: 60 });
  fc.assert(
    fc.property(moves, (steps) => {
      const { tones, end, digits } = stand();
      for (const move of steps) move === "done" ? end("done") : tones.press(leg, move);
      for (let i = 0; i < 3; i++) end("done");
      expect(digits().join("")).toBe(steps.filter((move) => move !== "done").join(""));
    }),
  );
});
