/** One company: its CRM, its people and lines, its rules. */
import { isSupportedCountry } from "libphonenumber-js/max";
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { amocrm } from "./amocrm.ts";
import { employee, line } from "./company.ts";
import { interception } from "./interception.ts";
import { ruleSettings } from "./rules.ts";
import { id, isTimeZone, positive, wantId } from "./values.ts";
import { webhook } from "./webhook.ts";

export const account = z.strictObject({
  id: field(id.default("main"), { title: "Our name for the account", want: wantId, example: "main" }),
  country: field(
    z
      .string()
      .refine((value) => isSupportedCountry(value))
      .default("RU"),
    { title: "Country that national phone numbers are read in", want: "two capital letters (ISO 3166)", example: "RU" },
  ),
  timeZone: field(z.string().refine(isTimeZone).default("Europe/Moscow"), {
    title: "Time zone of the account",
    want: "a name from the IANA list",
    example: "Europe/Moscow",
  }),
  language: field(z.literal(["ru", "en"]).default("ru"), {
    title: "Language of the panel",
    want: "ru or en",
    example: "ru",
  }),
  currency: field(
    z
      .string()
      .regex(/^[A-Z]{3}$/)
      .default("RUB"),
    { title: "Currency of the deals", want: "three capital letters (ISO 4217)", example: "RUB" },
  ),
  listening: field(z.literal(["open", "guarded"]).default("open"), {
    title: "Who may hear recordings: whoever has the link, or users of amoCRM only, in its pages",
    want: "open or guarded",
    example: "guarded",
    description: "guarded: the widget lets a recording play; in amoCRM's mobile app, which has no widgets, none plays.",
  }),
  defaultPipelineId: field(positive.nullable().default(null), {
    title: "Pipeline for unsorted leads; empty: the account's main one",
    want: "the number of the pipeline in amoCRM",
    example: "3345",
  }),
  amocrm,
  employees: z.array(employee).default([]),
  lines: z.array(line).default([]),
  interception: interception.prefault({}),
  webhooks: z.array(webhook).nullable().default(null),
  ...ruleSettings,
});
