/** What the variables of a template stand for in one call. Pure. */
import type { Call } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { toReadablePhone } from "../clients/readable-phone.ts";
import { type Account, findLine } from "../directory/directory.ts";
import type { Author } from "./author.ts";
import { onlyLead } from "./cards.ts";
import { fillTemplate, type TemplateValues, unknownVariables } from "./template.ts";

export interface TemplateSubject {
  readonly call: Call;
  readonly account: Account;
  readonly clients: readonly Client[];
  readonly author: Author;
  /** As the CRM is told. */
  readonly phone: string;
}

export function templateValues({ call, account, clients, author, phone }: TemplateSubject): TemplateValues {
  const [client] = clients;
  const formats = formatsOf(account);
  const line = call.did === null ? undefined : findLine(account, call.did);
  const number = toReadablePhone(phone);
  return {
    phone: number,
    client: client?.name || number,
    company: client?.companyName ?? "",
    employee: author.name ?? author.extension ?? "",
    extension: author.extension ?? "",
    did: call.did ?? "",
    line: line?.label ?? call.did ?? "",
    queue: call.queue ?? "",
    date: formats.date.format(call.startedAt),
    time: formats.time.format(call.startedAt),
    talk: inMinutes(call.talkSeconds),
    wait: inMinutes(call.ringSeconds),
    lead: onlyLead(clients)?.name ?? "",
  };
}

/** What a template makes of an invented call, for whoever writes it; and what it asks for that there is not. */
export function previewTemplate(
  template: string,
  language: Account["language"],
): { readonly text: string; readonly unknown: readonly string[] } {
  return { text: fillTemplate(template, SAMPLES[language]), unknown: unknownVariables(template) };
}

const SAMPLE = {
  phone: "+7 916 123-45-67",
  extension: "205",
  did: "74951112233",
  date: "04.07.2026",
  time: "14:35",
  talk: "1:25",
  wait: "0:12",
} as const;
const SAMPLES: Readonly<Record<Account["language"], TemplateValues>> = {
  ru: {
    ...SAMPLE,
    client: "Анна Кравцова",
    company: "Северный ветер",
    employee: "Борис Тимофеев",
    line: "Реклама",
    queue: "Продажи",
    lead: "Окна, 12 шт.",
  },
  en: {
    ...SAMPLE,
    client: "Anna Kravtsova",
    company: "North Wind",
    employee: "Boris Timofeev",
    line: "Advertising",
    queue: "Sales",
    lead: "Windows, 12",
  },
};

const known = new Map<string, { readonly date: Intl.DateTimeFormat; readonly time: Intl.DateTimeFormat }>();

/** Making one takes longer than all the rest of a decision. */
function formatsOf({ language, timeZone }: Account) {
  const key = `${language} ${timeZone}`;
  const formats = known.get(key) ?? {
    date: new Intl.DateTimeFormat(language, { timeZone, day: "2-digit", month: "2-digit", year: "numeric" }),
    time: new Intl.DateTimeFormat(language, { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
  };
  known.set(key, formats);
  return formats;
}

function inMinutes(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}
