/** An account's rules in the administrative API: shown, tried on past calls, and their templates filled. */
import { z } from "zod";
import { ApiRefusal, type Endpoint, endpoint } from "../../api/endpoint.ts";
import { refuseHopelessRules } from "../../config/hopeless-rules.ts";
import { toPolicy } from "../../config/policy.ts";
import { ruleSettings } from "../../config/rules.ts";
import type { Clock } from "../../lib/clock.ts";
import { TEMPLATE_VARIABLES } from "../../rules/template.ts";
import { previewTemplate } from "../../rules/template-values.ts";
import type { FindCrm } from "./admin.ts";
import type { Crm } from "./crm.ts";

const DAY_MS = 86_400_000;
/** The calls of a rehearsal are shown to look at, not to count: the sums do that. */
const MOST_SHOWN_CALLS = 1_000;

const counts = z.record(z.string(), z.int());

const policySchema = z.object({
  rules: z
    .array(z.looseObject({ name: z.string() }))
    .meta({ description: "As in the settings, all of it written out" }),
  popUps: z.array(z.unknown()),
  workingHours: z.unknown(),
  absences: z.array(z.unknown()),
  conversationSeconds: z.int(),
});

/** Whoever tries rules writes them as in the settings. */
const triedSchema = z.object({
  days: z.int().min(1).max(92).default(7).meta({ description: "Calls of so many days until now" }),
  rules: ruleSettings.rules.meta({ description: "Rules to try instead of the account's own" }),
});

const sumsSchema = z.object({
  calls: z.int(),
  notes: z.int(),
  unsorted: z.int(),
  contacts: z.int(),
  leads: z.int(),
  tasks: z.int(),
  tasksClosed: z.int(),
  doublesAvoided: z.int(),
  withoutOwner: z.int(),
  skipped: counts,
  byRule: counts,
});

export function ruleEndpoints(crmOf: FindCrm, clock: Clock): Endpoint[] {
  return [
    endpoint({
      method: "GET",
      path: "/accounts/{account}/rules",
      id: "readRules",
      summary: "The rules in force, in their order, with the working hours, absences and pop-ups",
      answer: policySchema,
      run: async ({ params }) => {
        const { rules, popUps, workingHours, absences, conversationSeconds } = crmOf(params).policy;
        const copies = { rules: rules.map((rule) => ({ ...rule })), popUps: [...popUps], absences: [...absences] };
        return { ...copies, workingHours, conversationSeconds };
      },
    }),
    endpoint({
      method: "POST",
      path: "/accounts/{account}/rehearsal",
      id: "rehearse",
      summary: "What the rules, or other ones, would have made of the calls of the last days; writes nothing",
      body: triedSchema,
      answer: z.object({
        sums: sumsSchema,
        calls: z
          .array(
            z.object({
              callId: z.string(),
              rule: z.string().nullable(),
              skipped: z.string().nullable(),
              does: z.array(z.string()),
              doublesAvoided: z.int(),
              isWithoutOwner: z.boolean(),
            }),
          )
          .meta({ description: `The last ${MOST_SHOWN_CALLS} calls` }),
      }),
      run: async ({ params, body }) => {
        const crm = crmOf(params);
        const policy = body.rules === null ? crm.policy : { ...crm.policy, rules: tried(body.rules, crm) };
        const { sums, calls } = await crm.rehearse(clock.now() - body.days * DAY_MS, policy);
        const shown = calls.slice(-MOST_SHOWN_CALLS).map((call) => ({ ...call, does: [...call.does] }));
        return { sums, calls: shown };
      },
    }),
    endpoint({
      method: "POST",
      path: "/template-preview",
      id: "previewTemplate",
      summary: "What a template makes of an invented call",
      body: z.object({ template: z.string().max(250), language: z.enum(["ru", "en"]).default("ru") }),
      answer: z.object({
        text: z.string(),
        unknown: z.array(z.string()).meta({ description: "Names in braces that mean nothing" }),
        variables: z.record(z.string(), z.string()).meta({ description: "All variables, with what they hold" }),
      }),
      run: async ({ body }) => {
        const { text, unknown } = previewTemplate(body.template, body.language);
        const said = Object.entries(TEMPLATE_VARIABLES).map(([name, words]) => [name, words[body.language]]);
        return { text, unknown: [...unknown], variables: Object.fromEntries(said) };
      },
    }),
  ];
}

/** The same that the settings would be refused for. */
function tried(rules: NonNullable<z.output<typeof triedSchema>["rules"]>, crm: Crm) {
  const settings = {
    rules,
    popUps: null,
    workingHours: { week: null, holidays: [] },
    absences: null,
    conversationSeconds: 0,
  };
  const mistakes: string[] = [];
  refuseHopelessRules(settings, (path, want) => mistakes.push(`body.${path.join(".")}: want ${want}`));
  if (mistakes.length > 0) throw new ApiRefusal(400, "not-acceptable", mistakes.join("; "));
  return toPolicy(settings, crm.account.language).rules;
}
