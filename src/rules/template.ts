/** Texts with variables in braces, as the settings hold them: "Перезвонить: {client}, {phone}". Pure. */

/** What each variable holds, in both languages of the settings' reader. */
export const TEMPLATE_VARIABLES = {
  phone: { ru: "номер клиента", en: "the client's number" },
  client: { ru: "имя клиента, а если он неизвестен, его номер", en: "the client's name, or his number" },
  company: { ru: "компания клиента", en: "the client's company" },
  employee: { ru: "сотрудник, который говорил или пропустил", en: "the employee who talked or missed it" },
  extension: { ru: "его внутренний номер", en: "his extension" },
  did: { ru: "номер, на который звонили", en: "the number that was dialled" },
  line: { ru: "название линии", en: "the line's label" },
  queue: { ru: "очередь", en: "the queue" },
  date: { ru: "дата звонка", en: "the day of the call" },
  time: { ru: "время звонка", en: "the time of the call" },
  talk: { ru: "длительность разговора, м:сс", en: "how long they talked, m:ss" },
  wait: { ru: "сколько клиент ждал, м:сс", en: "how long the client waited, m:ss" },
  lead: { ru: "название открытой сделки", en: "the name of the open lead" },
} as const;
export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
export type TemplateValues = Readonly<Record<TemplateVariable, string>>;

const VARIABLE = /\{([^{}]*)\}/g;

/** Names in braces that mean nothing, in the order they stand. */
export function unknownVariables(template: string): string[] {
  return [...template.matchAll(VARIABLE)].flatMap(([, name = ""]) => (isVariable(name) ? [] : [name]));
}

/**
 * The text with its variables filled in. A variable without value takes the signs that joined it to its neighbour along:
 * "Перезвонить: {client}, {company}" without a company is "Перезвонить: Иван".
 */
export function fillTemplate(template: string, values: TemplateValues): string {
  return template
    .replace(VARIABLE, (whole, name: string) => (isVariable(name) ? values[name] || NOTHING : whole))
    .replace(JOINED_NOTHING, "")
    .replace(LEADING_JOINT, "")
    .trim();
}

/** Stands where a variable had no value until its joints are gone. */
const NOTHING = "\u0000";
const JOINED_NOTHING = new RegExp(`[\\s,;:|·–—-]*${NOTHING}`, "g");
const LEADING_JOINT = /^[\s,;:|·–—-]+/;

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}
