/** Plays scripted calls at random, two desks of a company at the same time, and judges how each was told. */
import type { Call as ToldCall } from "../../../src/calls/call.ts";
import { when } from "../../lab/wait.ts";
import { BACK_OFFICE_PANELS, BACK_OFFICE_PHONES } from "./back-office.ts";
import { Company, Desk, type Extension, toldCalls } from "./company.ts";
import { Dice } from "./dice.ts";
import { FRONT_DESK } from "./front-desk.ts";
import { FRONT_PANELS } from "./front-panels.ts";
import { differences, livedUntil } from "./lived.ts";
import type { Script } from "./talks.ts";

export interface Verdict {
  readonly script: string;
  /** In words; none: told right. */
  readonly wrong: readonly string[];
}

interface Place {
  readonly extensions: readonly Extension[];
  readonly scripts: Readonly<Record<string, Script>>;
  /** Of ten calls so many are played here. */
  readonly share: number;
}

const PLACES: readonly Place[] = [
  { extensions: ["201", "202", "203", "204"], scripts: { ...FRONT_DESK, ...FRONT_PANELS }, share: 6 },
  { extensions: ["205", "206"], scripts: { ...BACK_OFFICE_PHONES, ...BACK_OFFICE_PANELS }, share: 4 },
];
const TOLD_WITHIN_MS = 10_000;

export interface PlayOptions {
  readonly calls: number;
  readonly seed: number;
  /** Told of each call when it has been judged. */
  readonly onVerdict?: (verdict: Verdict) => void;
  /** Only scripts with these words in their name. */
  readonly only?: string;
}

/** @returns a verdict for each call played, and one for each call that was told and that nobody made */
export async function playRandomCalls({ calls, seed, onVerdict, only = "" }: PlayOptions): Promise<Verdict[]> {
  await using company = await Company.open();
  let client = 79_000_000_000 + (seed % 100_000) * 1000;
  const nextClient = () => String(++client);
  const judged = new Set<string>();
  const verdicts = await Promise.all(
    PLACES.map(async ({ extensions, scripts, share }, place) => {
      const dice = new Dice(seed + place);
      const desk = new Desk(company, dice, nextClient);
      const found: Verdict[] = [];
      for (const script of deal(dice, scripts, Math.round((calls * share) / 10), only)) {
        const played = scripts[script];
        if (played === undefined) throw new Error(`there is no script ${script}`);
        const verdict = { script, wrong: await judge(company, desk, extensions, played, judged) };
        onVerdict?.(verdict);
        found.push(verdict);
      }
      return found;
    }),
  );
  const stray = toldCalls(company.office).filter(({ id }) => !judged.has(id));
  return [
    ...verdicts.flat(),
    ...stray.map((call) => ({ script: "nobody's", wrong: [`told: ${JSON.stringify(call)}`] })),
  ];
}

/** Each script before any comes again. */
export function deal(dice: Dice, scripts: Readonly<Record<string, Script>>, count: number, only: string): string[] {
  const names = Object.keys(scripts).filter((name) => name.includes(only));
  const dealt: string[] = [];
  while (names.length > 0 && dealt.length < count) dealt.push(...dice.shuffled(names));
  return dealt.slice(0, count);
}

async function judge(
  company: Company,
  desk: Desk,
  extensions: Place["extensions"],
  play: Script,
  judged: Set<string>,
): Promise<string[]> {
  const isOurs = (call: ToldCall) =>
    !judged.has(call.id) && call.employees.some(({ extension }) => extensions.some((ours) => ours === extension));
  const { office } = company;
  try {
    const lived = await play(desk);
    const found = () => {
      if (office.tracker.live().some(isOurs)) return undefined;
      const ended = toldCalls(office).filter(isOurs);
      return ended.length > 0 ? ended : undefined;
    };
    const told = await when(office.told, found, { what: "the call is told", ms: TOLD_WITHIN_MS });
    const [call] = told;
    if (told.length !== 1 || call === undefined) return [`told as ${told.length} calls: ${JSON.stringify(told)}`];
    return differences(lived, call, company.holdUps.between(lived.times.startedAt, livedUntil(lived.times)));
  } catch (error) {
    for (const extension of extensions) for (const call of desk.phone(extension).calls) call.hangup();
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    for (const call of toldCalls(office).filter(isOurs)) judged.add(call.id);
    for (const extension of extensions) desk.phone(extension).policy = "ring";
  }
}
