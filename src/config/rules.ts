/** The part of the settings that an account's rules are written in. */
import { z } from "zod";
import { field } from "../lib/described-schema.ts";
import { CALL_RESULTS } from "../rules/call-result.ts";
import { CONVERSATION_SECONDS } from "../rules/default-rules.ts";
import { NAMED_STRATEGIES } from "../rules/responsible.ts";
import { TEMPLATE_VARIABLES, unknownVariables } from "../rules/template.ts";
import { WEEKDAYS } from "../rules/working-hours.ts";

const positive = z.int().min(1);
const name = z.string().trim().min(1).max(120);
const numbers = z.array(positive).default([]);
const digits = z.string().regex(/^[0-9*#+]{1,20}$/);
const seconds = z.int().min(0).max(86_400).nullable().default(null);

const template = z
  .string()
  .trim()
  .min(1)
  .max(250)
  .refine((text) => unknownVariables(text).length === 0);
const wantTemplate = `a text, in braces ${Object.keys(TEMPLATE_VARIABLES).join(", ")}`;

const strategies = (title: string, example: string) =>
  field(z.array(z.string().regex(new RegExp(`^(${NAMED_STRATEGIES.join("|")}|[1-9]\\d{0,11})$`))).default([]), {
    title,
    want: `a list of ${NAMED_STRATEGIES.join(", ")}, or numbers of amoCRM users; the first that names somebody decides`,
    example,
  });

const pipelineId = field(positive.nullable().default(null), {
  title: "Pipeline; empty: the line's, the account's default, the main one",
  want: "the number of the pipeline in amoCRM",
  example: "3345",
});

const ringing = {
  client: field(z.literal(["known", "unknown"]).nullable().default(null), {
    title: "Is the client in the CRM?",
    want: "known or unknown",
    example: "known",
  }),
  dids: field(z.array(digits).default([]), { title: "Lines", want: "a list of numbers", example: "[74951112233]" }),
  queues: field(z.array(name).default([]), { title: "Queues", want: "a list of names", example: "[sales]" }),
  extensions: field(z.array(digits).default([]), {
    title: "One of these rang or talked",
    want: "a list of extensions",
    example: "[201, 205]",
  }),
  hours: field(z.literal(["working", "outside"]).nullable().default(null), {
    title: "Working hours or outside them",
    want: "working or outside",
    example: "outside",
  }),
  openLead: field(z.literal(["yes", "no"]).nullable().default(null), {
    title: "Has the client an open lead?",
    want: "yes or no",
    example: "no",
  }),
};

const when = z.strictObject({
  direction: field(z.literal(["inbound", "outbound"]).nullable().default(null), {
    title: "Direction",
    want: "inbound or outbound",
    example: "inbound",
  }),
  results: field(z.array(z.literal(CALL_RESULTS)).default([]), {
    title: "How it ended",
    want: `a list of ${CALL_RESULTS.join(", ")}`,
    example: "[not-answered]",
  }),
  ...ringing,
  anonymous: field(z.boolean().default(false), {
    title: "For callers who hide their number, and for them only",
    want: "true or false",
    example: "true",
  }),
  pipelineIds: field(numbers, {
    title: "The client has an open lead in one of these pipelines",
    want: "a list of numbers of pipelines in amoCRM",
    example: "[3345]",
  }),
  statusIds: field(numbers, {
    title: "The client has an open lead in one of these stages",
    want: "a list of numbers of stages in amoCRM",
    example: "[32392159]",
  }),
  talkSeconds: z
    .strictObject({
      atLeast: field(seconds, { title: "Talk in seconds, at least", want: "an integer", example: "10" }),
      atMost: field(seconds, { title: "Talk in seconds, at most", want: "an integer", example: "600" }),
    })
    .prefault({}),
  numbers: field(z.array(z.string().regex(/\d{3}/)).default([]), {
    title: "The client's number is one of these, in any spelling",
    want: "a list of phone numbers",
    example: "[+79161234567]",
  }),
});

const actions = z.strictObject({
  log: z
    .strictObject({
      to: field(z.literal(["lead-or-card", "card", "everywhere"]).default("lead-or-card"), {
        title: "Where the note goes; everywhere: lead, contact and company, of which the statistics count one",
        want: "lead-or-card, card or everywhere",
        example: "everywhere",
      }),
      per: field(z.literal(["call", "leg"]).default("call"), {
        title: "One note for the call, or one for each employee who talked",
        want: "call or leg",
        example: "leg",
      }),
    })
    .nullable()
    .default(null),
  unsorted: z
    .strictObject({
      name: field(template, { title: "Name of the unsorted lead", want: wantTemplate, example: "Звонок {phone}" }),
      pipelineId,
    })
    .nullable()
    .default(null),
  contact: z
    .strictObject({
      name: field(template, { title: "Name of the new contact", want: wantTemplate, example: "{phone}" }),
      responsible: strategies("Who becomes responsible for the new contact", "[last-answered, round-robin]"),
    })
    .nullable()
    .default(null),
  lead: z
    .strictObject({
      name: field(template, {
        title: "Name of the new lead, made when the client has no open one",
        want: wantTemplate,
        example: "Звонок {phone}",
      }),
      pipelineId,
      statusId: field(positive.nullable().default(null), {
        title: "Stage; empty: the first one",
        want: "the number of the stage in amoCRM",
        example: "32392159",
      }),
      responsible: strategies("Who becomes responsible for the new lead", "[client, last-answered]"),
    })
    .nullable()
    .default(null),
  task: z
    .strictObject({
      text: field(template, { title: "Text of the task", want: wantTemplate, example: "Перезвонить {phone}" }),
      dueMinutes: field(z.int().min(0).max(43_200).default(60), {
        title: "Minutes of work until it is due, from the call's end",
        want: "an integer from 0 to 43200",
        example: "60",
      }),
      typeId: field(positive.default(1), {
        title: "Type of the task; 1 is «Связаться»",
        want: "the number of the type in amoCRM",
        example: "1",
      }),
      responsible: strategies("Who gets the task", "[client, first-missed]"),
      closesItself: field(z.boolean().default(true), {
        title: "Closed by a conversation with the client, whoever called",
        want: "true or false",
        example: "true",
      }),
    })
    .nullable()
    .default(null),
  tags: field(z.array(name).default([]), {
    title: "Tags for the card that takes the note",
    want: "a list of texts",
    example: "[звонок]",
  }),
  fields: z
    .array(
      z.strictObject({
        of: field(z.literal(["lead", "contact", "company"]), {
          title: "Whose field",
          want: "lead, contact or company",
          example: "lead",
        }),
        fieldId: field(positive, { title: "Field", want: "the number of the field in amoCRM", example: "66192" }),
        value: field(template, { title: "Value", want: wantTemplate, example: "Линия {line}" }),
      }),
    )
    .default([]),
  responsible: strategies("Who becomes responsible for the card that takes the note", "[last-answered]"),
});

const rule = z.strictObject({
  name: field(name, { title: "Name, shown wherever somebody asks why", want: "a text of its own", example: "Ночь" }),
  when: when.prefault({}),
  do: actions.prefault({}),
  roundRobin: field(numbers, {
    title: "Among whom round-robin goes round",
    want: "a list of amoCRM users",
    example: "[504141, 504142]",
  }),
});

const date = z.iso.date();
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/);
const wantClockTime = "a time such as 09:00";

/** The settings of an account's rules, beside its others. */
export const ruleSettings = {
  rules: z.array(rule).nullable().default(null),
  popUps: z
    .array(
      z.strictObject({
        when: z.strictObject(ringing).prefault({}),
        show: field(z.literal(["called", "responsible", "everyone", "nobody"]), {
          title: "Who sees amoCRM's own pop-up at an inbound call; nobody ends the list for these calls",
          want: "called, responsible, everyone or nobody",
          example: "called",
        }),
      }),
    )
    .nullable()
    .default(null),
  workingHours: z
    .strictObject({
      week: z
        .array(
          z.strictObject({
            days: field(z.array(z.literal(WEEKDAYS)).min(1), {
              title: "Days of work",
              want: `a list of ${WEEKDAYS.join(", ")}`,
              example: "[mon, tue]",
            }),
            from: field(clockTime, { title: "Work begins", want: wantClockTime, example: "09:00" }),
            to: field(clockTime, {
              title: "Work ends",
              want: `${wantClockTime}, after the beginning`,
              example: "18:00",
            }),
          }),
        )
        .nullable()
        .default(null),
      holidays: field(z.array(date).default([]), {
        title: "Days without work",
        want: "a list of dates such as 2026-01-01",
        example: "[2026-01-01]",
      }),
    })
    .prefault({}),
  absences: z
    .array(
      z.strictObject({
        userId: field(positive, { title: "Who is away", want: "the number of the user in amoCRM", example: "504141" }),
        from: field(date, { title: "First day", want: "a date such as 2026-07-01", example: "2026-07-01" }),
        to: field(date, { title: "Last day", want: "a date such as 2026-07-14", example: "2026-07-14" }),
        deputyId: field(positive.nullable().default(null), {
          title: "Who stands in",
          want: "the number of the user in amoCRM",
          example: "504142",
        }),
      }),
    )
    .nullable()
    .default(null),
  conversationSeconds: field(z.int().min(0).max(3_600).default(CONVERSATION_SECONDS), {
    title: "A shorter talk closes no task about a missed call",
    want: "an integer from 0 to 3600",
    example: String(CONVERSATION_SECONDS),
  }),
};

const schema = z.object(ruleSettings);
export type RuleSettings = z.output<typeof schema>;
