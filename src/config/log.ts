/** What the log tells, and how. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";

export const log = z.strictObject({
  level: field(z.literal(["debug", "info", "warn", "error"]).default("info"), {
    title: "The least weighty line that is written",
    want: "debug, info, warn or error",
    example: "info",
  }),
  format: field(z.literal(["text", "json"]).default("text"), {
    title: "Form of a line",
    want: "text or json",
    example: "json",
  }),
});
