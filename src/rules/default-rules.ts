/** What an account that says nothing gets: the seven kinds of calls that people expect of a telephony integration. */
import { ANY_CALL, NO_ACTIONS, type Policy, type Rule, type RuleActions, type RuleConditions } from "./rule.ts";
import type { WorkingHours } from "./working-hours.ts";

export const USUAL_HOURS: WorkingHours = {
  week: [{ days: ["mon", "tue", "wed", "thu", "fri"], from: "09:00", to: "18:00" }],
  holidays: [],
};

/** Within it somebody has to call back. */
const CALL_BACK_MINUTES = 60;
/** Whoever hangs up sooner has said "wrong number". */
export const CONVERSATION_SECONDS = 10;

const WORDS = {
  ru: {
    missedUnknown: "Пропущенный от неизвестного",
    missedKnown: "Пропущенный от клиента",
    incomingUnknown: "Входящий от неизвестного",
    incomingKnown: "Входящий от клиента",
    outgoingKnown: "Исходящий клиенту",
    outgoingKnownFail: "Исходящий клиенту, не дозвонились",
    outgoingUnknown: "Исходящий неизвестному",
    outgoingUnknownFail: "Исходящий неизвестному, не дозвонились",
    leadMissed: "Пропущенный звонок {phone}",
    leadIncoming: "Входящий звонок {phone}",
    task: "Перезвонить: {client}, {phone}",
  },
  en: {
    missedUnknown: "Missed, of a stranger",
    missedKnown: "Missed, of a client",
    incomingUnknown: "Incoming, of a stranger",
    incomingKnown: "Incoming, of a client",
    outgoingKnown: "Outgoing, to a client",
    outgoingKnownFail: "Outgoing, to a client, not reached",
    outgoingUnknown: "Outgoing, to a stranger",
    outgoingUnknownFail: "Outgoing, to a stranger, not reached",
    leadMissed: "Missed call {phone}",
    leadIncoming: "Incoming call {phone}",
    task: "Call back: {client}, {phone}",
  },
} as const;

/** What a rule does unless it says otherwise. */
export const USUAL_LOG = { to: "lead-or-card", per: "call" } as const;

export function defaultRules(language: keyof typeof WORDS): readonly Rule[] {
  const words = WORDS[language];
  return [
    rule(
      words.missedUnknown,
      { direction: "inbound", client: "unknown", results: ["not-answered"] },
      { unsorted: { name: words.leadMissed, pipelineId: null } },
    ),
    rule(
      words.missedKnown,
      { direction: "inbound", client: "known", results: ["not-answered"] },
      {
        log: USUAL_LOG,
        task: {
          text: words.task,
          dueMinutes: CALL_BACK_MINUTES,
          typeId: 1,
          responsible: ["client", "first-missed"],
          closesItself: true,
        },
      },
    ),
    rule(
      words.incomingUnknown,
      { direction: "inbound", client: "unknown" },
      { unsorted: { name: words.leadIncoming, pipelineId: null } },
    ),
    rule(words.incomingKnown, { direction: "inbound", client: "known" }, { log: USUAL_LOG }),
    rule(
      words.outgoingKnownFail,
      { direction: "outbound", client: "known", results: ["not-answered"] },
      { log: USUAL_LOG },
    ),
    rule(words.outgoingKnown, { direction: "outbound", client: "known" }, { log: USUAL_LOG }),
    // A wrong number, or somebody who does not pick up: a card for each would litter the CRM.
    rule(words.outgoingUnknownFail, { direction: "outbound", client: "unknown", results: ["not-answered"] }, {}),
    // «Неразобранное» takes inbound calls only; a conversation with somebody new must stand somewhere.
    rule(
      words.outgoingUnknown,
      { direction: "outbound", client: "unknown" },
      { log: USUAL_LOG, contact: { name: "{phone}", responsible: ["last-answered"] } },
    ),
  ];
}

export function defaultPolicy(language: keyof typeof WORDS): Policy {
  return {
    rules: defaultRules(language),
    popUps: [],
    workingHours: USUAL_HOURS,
    absences: [],
    conversationSeconds: CONVERSATION_SECONDS,
  };
}

function rule(name: string, when: Partial<RuleConditions>, actions: Partial<RuleActions>): Rule {
  return { name, when: { ...ANY_CALL, ...when }, do: { ...NO_ACTIONS, ...actions }, roundRobin: [] };
}
