/** A call opens the panel and gives it back as it was; what the person does is stronger. */
import { expect, test } from "vitest";
import { type Shape, type ShapeStep, stepShape } from "./shape.ts";

const shape = (size: Shape["size"], list: boolean): Shape => ({ size, list, before: null });
const after = (start: Shape, ...steps: ShapeStep[]) => {
  const { size, list } = steps.reduce(stepShape, start);
  return `${size}${list ? " with list" : ""}`;
};

test.each<[string, Shape, ShapeStep[], string]>([
  ["a call shows a hidden panel as a lone card", shape("edge", true), ["call"], "open"],
  ["and hides it again", shape("edge", true), ["call", "calls-over"], "edge with list"],
  ["a second call changes nothing", shape("edge", true), ["call", "call", "calls-over"], "edge with list"],
  ["a pill becomes a card and a pill again", shape("pill", true), ["call", "calls-over"], "pill with list"],
  ["an open panel stays as it is", shape("open", true), ["call", "calls-over"], "open with list"],
  [
    "a card put into the pill goes back to the edge at the end",
    shape("edge", true),
    ["call", "collapse", "calls-over"],
    "edge with list",
  ],
  [
    "whoever opens the list keeps the panel",
    shape("edge", false),
    ["call", "toggle-list", "calls-over"],
    "open with list",
  ],
  [
    "whoever hides it during a call has it hidden",
    shape("open", true),
    ["call", "hide", "calls-over"],
    "edge with list",
  ],
  ["hiding only the list", shape("open", true), ["toggle-list"], "open"],
  ["the pointer at the edge brings it back as it was", shape("edge", true), ["reveal"], "open with list"],
  ["the pointer at the edge leaves a pill alone", shape("pill", true), ["reveal"], "pill with list"],
  ["the key opens field and list", shape("edge", false), ["focus-field"], "open with list"],
  ["looking for somebody to hand over to opens the list", shape("pill", false), ["call", "pick"], "open with list"],
  ["and gives everything back as it was", shape("pill", false), ["call", "pick", "picked", "calls-over"], "pill"],
])("%s", (_, start, steps, end) => {
  expect(after(start, ...steps)).toBe(end);
});
