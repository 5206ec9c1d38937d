/** Whether and whom to ring for a client who has an employee of his own. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { text } from "./values.ts";

const wantExtension = "an extension";
export const interception = z.strictObject({
  mode: field(z.literal(["off", "offer", "ring"]).default("offer"), {
    title:
      "What the responsible employee hears of his client's call at others: nothing, a card with Take, or his phone",
    want: "off, offer or ring",
    example: "ring",
  }),
  lines: z
    .array(
      field(text, {
        title: "A line (DID) whose callers ring the responsible employee; none: all lines",
        want: "a DID",
        example: "74951112233",
      }),
    )
    .default([]),
  optedOut: z
    .array(
      field(text, {
        title: "Extension of an employee who is never rung so",
        want: wantExtension,
        example: "203",
      }),
    )
    .default([]),
  deputies: z
    .array(
      z.strictObject({
        of: field(text, { title: "Extension of an employee who may be absent", want: wantExtension, example: "201" }),
        is: field(text, { title: "Extension of his deputy", want: wantExtension, example: "202" }),
      }),
    )
    .default([]),
});
