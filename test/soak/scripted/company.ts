/** The lab with everybody at his phone and the product watching it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Card, Call as ToldCall } from "../../../src/calls/call.ts";
import type { PhoneCommand } from "../../../src/control/command.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import type { Phone } from "../../lab/phone.ts";
import type { Provider } from "../../lab/provider.ts";
import type { Call } from "../../lab/sip/call.ts";
import { when } from "../../lab/wait.ts";
import { employeeAt, Office } from "../../live/office.ts";
import type { CuttableLink } from "./cuttable-link.ts";
import type { Dice } from "./dice.ts";
import { HoldUps } from "./hold-ups.ts";

export const EXTENSIONS = ["201", "202", "203", "204", "205", "206"] as const;
export type Extension = (typeof EXTENSIONS)[number];

/** How long phones ring in vain, seconds: short, for there are many calls to play. */
const RING_SECONDS = { first: 2, second: 2, group: 2, outbound: 2 };
const WITHIN_MS = 20_000;
/** A link that says nothing for so long is given up: sooner than the service does, for a call here lasts seconds. */
const SUSPICIOUS = { pingEveryMs: 300, pingAnswerMs: 700, loginMs: 1000 };

export class Company implements AsyncDisposable {
  readonly lab: Lab;
  readonly provider: Provider;
  readonly office: Office;
  readonly holdUps: HoldUps;
  readonly #phones: ReadonlyMap<string, Phone>;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    lab: Lab,
    provider: Provider,
    office: Office,
    holdUps: HoldUps,
    phones: ReadonlyMap<string, Phone>,
    stack: AsyncDisposableStack,
  ) {
    this.lab = lab;
    this.provider = provider;
    this.office = office;
    this.holdUps = holdUps;
    this.#phones = phones;
    this.#stack = stack;
  }

  /** @param link stands between the product and the PBX; none: nothing does */
  static async open(link?: CuttableLink): Promise<Company> {
    await using stack = new AsyncDisposableStack();
    const lab = stack.use(await startLab({ ringSeconds: RING_SECONDS }));
    const provider = await lab.provider().start();
    const phones = await Promise.all(EXTENSIONS.map((extension) => lab.phone(extension).start()));
    const port = (await link?.open(lab.ami.port)) ?? lab.ami.port;
    const timing = link === undefined ? {} : SUSPICIOUS;
    const ami = { ...lab.ami, port };
    const office = stack.use(await Office.open({ ami, ringSeconds: RING_SECONDS.first, timing }));
    const byExtension = new Map(phones.map((phone) => [phone.extension, phone]));
    const holdUps = stack.use(new HoldUps(lab));
    return new Company(lab, provider, office, holdUps, byExtension, stack.move());
  }

  phone(extension: Extension): Phone {
    const phone = this.#phones.get(extension);
    if (phone === undefined) throw new Error(`nobody sits at ${extension}`);
    return phone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

/** Some phones of a company, on which one call after the other is played; other desks are played at the same time. */
export class Desk {
  readonly dice: Dice;
  readonly company: Company;
  /** Panels show calls and take commands; without a link to the PBX they cannot. */
  readonly hasPanels: boolean;
  readonly #nextClient: () => string;

  constructor(company: Company, dice: Dice, nextClient: () => string, hasPanels = true) {
    this.company = company;
    this.hasPanels = hasPanels;
    this.dice = dice;
    this.#nextClient = nextClient;
  }

  /** A number that nobody else in this run has. */
  newClient(): string {
    return this.#nextClient();
  }

  phone(extension: Extension): Phone {
    return this.company.phone(extension);
  }

  clientCalls(from: string | null, did: string): Call {
    return this.company.provider.call({ from, did });
  }

  /** The company's call to this client, ringing there. */
  atClient(number: string): Promise<Call> {
    return this.company.provider.waitCall({ matching: (call) => call.calledNumber === number });
  }

  /** They talk for a moment. */
  async talk(): Promise<void> {
    await pause(this.dice.between(300, 900));
  }

  /** It rings for a moment. */
  async ring(): Promise<void> {
    await pause(this.dice.between(100, 700));
  }

  /** The call that comes to this phone, when it has rung there for a moment. */
  async ringingAt(extension: Extension): Promise<Call> {
    const call = await this.phone(extension).waitCall();
    await this.ring();
    return call;
  }

  /** The call that comes to this phone, taken when it has rung there for a moment. */
  async pickUp(extension: Extension): Promise<Call> {
    const call = await this.ringingAt(extension);
    call.answer();
    return call;
  }

  /** The card of this phone, as its panel shows it, when it is in the state. */
  card(extension: Extension, state: Card["state"]): Promise<Card> {
    return this.company.office.card(extension, (card) => card.state === state);
  }

  /** Asks as the employee's panel does; what becomes of it is seen on the phones. */
  ask(extension: Extension, command: PhoneCommand): void {
    this.company.office.ask(employeeAt(extension), command);
  }

  /** One of them hangs up, and all phones are released. @returns who it was */
  async end<Who extends string>(parties: Readonly<Record<Who, Call>>, calls: readonly Call[]): Promise<Who> {
    const entries = Object.entries(parties) as [Who, Call][];
    const [who, call] = this.dice.pick(entries as [[Who, Call], ...[Who, Call][]]);
    call.hangup();
    await released(calls);
    return who;
  }
}

export async function released(calls: readonly Call[]): Promise<void> {
  await Promise.all(calls.map((call) => call.waitEnd(WITHIN_MS)));
}

/** Calls that ended and have been told, but those that turned out to be parts of others. */
export function toldCalls(office: Office): ToldCall[] {
  return [...office.ended.values()].filter(({ mergedInto }) => mergedInto === null);
}

/** When nobody is on the phone any more, as far as the product was told. */
export async function allTold({ office }: Company): Promise<void> {
  const isIdle = () => office.tracker.live().length === 0 || undefined;
  await when(office.told, isIdle, { what: "all calls are told to have ended", ms: WITHIN_MS });
  await office.tracker.kept(); // a call that lives no longer is told a moment later
}
