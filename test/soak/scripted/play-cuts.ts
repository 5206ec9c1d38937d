/** Plays scripted calls one after another while the link to the PBX fails once during each, and judges what is told. */
import { setTimeout as pause } from "node:timers/promises";
import type { Call as ToldCall } from "../../../src/calls/call.ts";
import { when } from "../../lab/wait.ts";
import { BACK_OFFICE_PHONES } from "./back-office.ts";
import { allTold, Company, Desk, EXTENSIONS, toldCalls } from "./company.ts";
import { CuttableLink, type Failure } from "./cuttable-link.ts";
import { Dice } from "./dice.ts";
import { FRONT_DESK } from "./front-desk.ts";
import { differences, type Lived, livedUntil } from "./lived.ts";
import { deal, type PlayOptions, type Verdict } from "./play.ts";

/** Each script is phones alone: a panel shows nothing while there is no link. */
const SCRIPTS = { ...FRONT_DESK, ...BACK_OFFICE_PHONES };
const FAILURES: readonly [Failure, ...Failure[]] = ["cut", "stalled", "half-open"];
const RECOVERED_WITHIN_MS = 30_000;
/** Between what a phone does and the PBX's telling of it. */
const TELLING_MS = 250;

/** Between a hang-up and its being done. */
const HANGING_UP_MS = 1_000;

/** When nothing came through; epoch milliseconds. */
interface Gap {
  readonly how: Failure;
  readonly from: number;
  readonly until: number;
}

export async function playThroughCuts({ calls, seed, onVerdict, only = "" }: PlayOptions): Promise<Verdict[]> {
  await using link = new CuttableLink();
  await using company = await Company.open(link);
  let client = 79_000_000_000 + (seed % 100_000) * 1000;
  const dice = new Dice(seed);
  const desk = new Desk(company, dice, () => String(++client), false);
  const judged = new Set<string>();
  const verdicts: Verdict[] = [];
  for (const script of deal(dice, SCRIPTS, calls, only)) {
    const gapPlayed = fail(company, link, dice);
    let wrong: string[];
    let how = "";
    try {
      const lived = await SCRIPTS[script]?.(desk);
      const gap = await gapPlayed;
      await allTold(company);
      const told = toldCalls(company.office).filter(({ id }) => !judged.has(id));
      how = `${gap.how} for ${gap.until - gap.from} ms`;
      const heldUp = lived && company.holdUps.between(lived.times.startedAt, livedUntil(lived.times));
      wrong = lived === undefined ? ["there is no such script"] : judge(lived, told, gap, heldUp);
    } catch (error) {
      await gapPlayed;
      for (const extension of EXTENSIONS) for (const call of desk.phone(extension).calls) call.hangup();
      await allTold(company);
      wrong = [error instanceof Error ? error.message : String(error)];
    }
    for (const { id } of toldCalls(company.office)) judged.add(id);
    for (const extension of EXTENSIONS) desk.phone(extension).policy = "ring";
    const verdict = { script: `${script} (${how})`, wrong };
    onVerdict?.(verdict);
    verdicts.push(verdict);
  }
  return verdicts;
}

async function fail({ office }: Company, link: CuttableLink, dice: Dice): Promise<Gap> {
  await pause(dice.between(0, 2500));
  const how = dice.pick(FAILURES);
  const from = Date.now();
  await link.fail(how);
  await pause(dice.between(50, 1500));
  await link.mend();
  // A link that was not told of its end finds out by itself; then it comes up anew.
  const isBack = () => (office.watcher.sight.state === "up" && office.watcher.sight.since > from) || undefined;
  await when(office.watcher.onSight, isBack, { what: "the PBX is seen again", ms: RECOVERED_WITHIN_MS });
  return { how, from, until: office.watcher.sight.since };
}

/**
 * A call that the gap did not touch is told as ever, and so is one that lived through it, but that what changed meanwhile
 * is dated within the gap. One that ended in it is told in part, and claims nothing that did not happen; one that began
 * in it too need not be told at all.
 */
function judge(lived: Lived, told: readonly ToldCall[], gap: Gap, heldUpSeconds = 0): string[] {
  const began = lived.times.startedAt;
  const ended = livedUntil(lived.times);
  const isEndUnseen = ended > gap.from - TELLING_MS && ended < gap.until + TELLING_MS;
  const [call] = told;
  if (call === undefined) {
    const isUnseen = began > gap.from - TELLING_MS && isEndUnseen;
    return isUnseen ? [] : ["not told"];
  }
  if (told.length > 1) {
    // That a consultation belonged to the client's call would have been told by the transfer.
    const isCutShort = isEndUnseen && told.every(({ partial }) => partial);
    if (!isCutShort) return [`told as ${told.length} calls: ${JSON.stringify(told)}`];
    return told.filter(({ direction }) => direction !== "internal").flatMap((part) => inventions(lived, part));
  }
  const isTouched = began < gap.until && ended > gap.from - TELLING_MS;
  if (!isTouched) return differences(lived, call, heldUpSeconds);
  if (call.partial && isEndUnseen) return inventions(lived, call);
  const unseenSeconds = heldUpSeconds + (gap.until - gap.from) / 1000;
  if (!call.partial) return differences(lived, call, unseenSeconds);
  const seen = withoutUnseenTransfers(lived, call);
  // What was asked for in the gap and done after it has no author.
  const hasAuthor = call.endedBy !== null || ended > gap.until + HANGING_UP_MS;
  return differences(hasAuthor ? seen : { ...seen, endedBy: null }, call, unseenSeconds, true);
}

/** A transfer that was begun and ended unseen need not be told; whoever made it is only known to have talked. */
function withoutUnseenTransfers(lived: Lived, { transfers }: ToldCall): Lived {
  if (transfers.length > 0) return lived;
  const employees = Object.entries(lived.employees).map(
    ([extension, result]) => [extension, result === "transferred-away" ? "answered" : result] as const,
  );
  return { ...lived, transfers: [], employees: Object.fromEntries(employees) };
}

/** What a call that was seen in part claims, and that did not happen. */
function inventions(lived: Lived, call: ToldCall): string[] {
  const found: string[] = [];
  if (call.direction !== lived.direction) found.push(`direction: ${call.direction}, not ${lived.direction}`);
  if (call.client !== lived.client) found.push(`client: ${call.client}, not ${lived.client}`);
  const isAnswered = call.disposition === "answered";
  if (isAnswered && lived.disposition !== "answered") found.push(`answered, but was ${lived.disposition}`);
  if (call.endedBy !== null && call.endedBy !== lived.endedBy)
    found.push(`endedBy: ${call.endedBy}, not ${lived.endedBy}`);
  for (const { extension, result } of call.employees) {
    const wanted = lived.employees[extension];
    if (wanted === undefined) found.push(`${extension} took no part`);
    if (result === "answered" && wanted !== "answered" && wanted !== "transferred-away")
      found.push(`${extension} answered, but was ${wanted}`);
  }
  return found;
}
