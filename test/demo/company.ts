/** The small company of the demo: who sits at which phone, and who calls. Names and numbers are invented. */
import { EXTENSIONS, PEOPLE, smallCompany } from "../../emulators/amocrm/small-company.ts";

export interface Colleague {
  readonly extension: string;
  readonly name: string;
  /** The phone answers by itself after so long; null where the person who watches the demo answers. */
  readonly answersAfterSeconds: number | null;
}

const MARIA = 504141;
const BORIS = 504142;

/** Those as whom the CRM is opened; their phones wait for a click. */
export const PLAYED = { maria: MARIA, boris: BORIS } as const;

/** Where the CRM is opened: the card of the client who calls first. */
export const FIRST_CARD = `/leads/detail/${PEOPLE.anna.lead}`;

/** Everybody with a CRM user, and one phone in the hall that belongs to nobody. */
export const COLLEAGUES: readonly Colleague[] = [
  ...Object.entries(EXTENSIONS).map(([userId, extension]) => ({
    extension,
    name: nameOf(Number(userId)),
    answersAfterSeconds: Number(userId) === MARIA || Number(userId) === BORIS ? null : 8,
  })),
  { extension: "206", name: "Холл", answersAfterSeconds: null },
];

function nameOf(userId: number): string {
  const user = smallCompany().accounts[0]?.users.find(({ id }) => id === userId);
  if (user === undefined) throw new Error(`the practice account has no user ${userId}`);
  return user.name;
}

/** Where clients call; the PBX's routes and the service's lines know the same numbers. */
export const LINES = { sales: "74950003344", service: "74950003345", advertising: "74950003346" } as const;

export interface Visit {
  /** What the terminal calls the client; empty when nobody knows him. */
  readonly name: string;
  readonly from: string;
  readonly line: keyof typeof LINES;
  /** How long he waits for an answer, and how long he talks then. */
  readonly patienceSeconds: number;
  readonly talkSeconds: number;
}

/** Who calls, one after another and from the beginning again. At the sales line 201 rings, then 202; elsewhere also colleagues who answer by themselves. */
export const VISITS: readonly Visit[] = [
  { name: "Анна Кравцова", from: "79001234567", line: "sales", patienceSeconds: 30, talkSeconds: 60 },
  { name: "", from: "79031112233", line: "service", patienceSeconds: 40, talkSeconds: 20 },
  { name: "Павел Лукин", from: "79007654321", line: "advertising", patienceSeconds: 25, talkSeconds: 20 },
  { name: "", from: "79161112244", line: "sales", patienceSeconds: 15, talkSeconds: 60 },
  { name: "Елена Ясная", from: "79162223344", line: "sales", patienceSeconds: 30, talkSeconds: 60 },
  { name: "", from: "79261112255", line: "advertising", patienceSeconds: 30, talkSeconds: 15 },
];

/** The client who is always busy; all others answer when the company calls them. */
export const BUSY_CLIENT = "79005550101";
