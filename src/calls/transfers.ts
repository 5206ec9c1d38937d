/** What handing over a call comes to: when a transfer begins, and what became of it. Pure. */
import type { TargetResult, Transfer } from "./call.ts";
import type { Conclusion } from "./call-event.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { sameNumber, sidesOf } from "./sides.ts";
import { type CallStory, isOutside, type LegStory, legsOf, partyName, type ToldTransfer } from "./story.ts";

/**
 * The feature's own time-out and a cancelling look the same on the wire (captures 11 and 12): a phone that rang so long
 * in vain was not answered, whoever lost patience. Asterisk's shortest usual `atxfernoanswertimeout` is 10 s.
 */
const NO_ANSWER_MS = 9_500;

/** The colleague's phone may be told of before the employee is seen to turn to it: channels keep no order. */
const TOGETHER_MS = 500;

/** Q.850 causes, the first as Asterisk uses it. */
const ANSWERED_ELSEWHERE = 26;
const REJECTED = 21;

/** The transfer that `heard` begins. `before` has not heard it yet, `after` has. */
export function transferBegun(before: CallStory, after: CallStory, heard: LegEvent): ToldTransfer | null {
  const leg = after.legs[heard.leg];
  if (!leg) return null;
  const told = (
    kind: Transfer["kind"],
    by: LegStory,
    to: string | null,
    transferee: LegId | null,
    result: Transfer["result"] = "pending",
  ) => ({
    transfer: {
      kind,
      by: partyName(by),
      to,
      result,
      at: heard.at,
      settledAt: result === "pending" ? null : heard.at,
      transfereeLegId: transferee,
    } as const,
    by: by.id,
    transferee,
  });
  switch (heard.type) {
    case "leg-consulting": {
      // Swapping sides begins no other transfer.
      const isUnderWay = before.transfers.some(({ transfer, by }) => by === leg.id && transfer.result === "pending");
      return isUnderWay ? null : told("attended", leg, heard.target, heard.waiting);
    }
    case "leg-transferred": {
      if (heard.kind === "blind") return told("blind", leg, heard.target, heard.transferee);
      // A consultation on the phone's second line tells itself only now.
      // A phone with two lines is told of once for each.
      const known = after.transfers.some(
        ({ transfer, by, transferee }) =>
          transfer.kind === "attended" &&
          transfer.by === partyName(leg) &&
          (by === leg.id ? transfer.result === "pending" : transferee === heard.transferee),
      );
      const target = heard.targetLeg === null ? undefined : after.legs[heard.targetLeg];
      const to = target ? partyName(target) : (heard.target ?? dialledBy(after, leg));
      // Another client, who has a call of his own, talks already (capture o10).
      const isClient = heard.targetLeg !== null && !target;
      return known ? null : told("attended", leg, to, heard.transferee, isClient ? "completed" : "pending");
    }
    case "leg-redirected": {
      const rang = legsOf(after).filter(
        (other) => other.sentOn !== null && other.calledBy === leg.id && other.endedAt === null,
      );
      const talked = legsOf(after).find(
        ({ id, handedOverAt }) => handedOverAt !== null && before.legs[id]?.handedOverAt === null,
      );
      const from = rang[0] ?? talked;
      if (!from || !heard.over) return null;
      // With several phones ringing nobody can tell who sent it on.
      const transfer = told("blind", from, heard.target, leg.id);
      return from.sentOn !== "by-somebody" ? transfer : { ...transfer, transfer: { ...transfer.transfer, by: null } };
    }
    case "leg-picked-up": {
      const { client, clientLeg } = sidesOf(after);
      // He was rung for the client, and his answer picked up what rang elsewhere.
      const kind = leg.calledBy === null && sameNumber(leg.shows, client) ? "interception" : "pickup";
      return told(kind, leg, partyName(leg), clientLeg?.id ?? null, "completed");
    }
    case "leg-parked": {
      const parker = heard.by === null ? undefined : after.legs[heard.by];
      return parker ? told("park", parker, heard.slot, leg.id) : null;
    }
    case "leg-connected":
      return intercepts(before, after, leg)
        ? told("interception", leg, partyName(leg), heard.with[0] ?? null, "completed")
        : null;
    case "leg-ended": {
      const result = interceptionLost(after, leg);
      return result && told("interception", leg, partyName(leg), sidesOf(after).clientLeg?.id ?? null, result);
    }
    default:
      return null;
  }
}

/** The number that a client was sent to was the parking's: that was a parking from the beginning (capture o34). */
export function replacedBy(began: ToldTransfer, story: CallStory): { readonly replaces?: number } {
  const index = story.transfers.findIndex(
    ({ transfer, by, transferee }) =>
      transfer.kind === "blind" && transfer.result === "pending" && by === began.by && transferee === began.transferee,
  );
  return began.transfer.kind === "park" && index !== -1 ? { replaces: index } : {};
}

/** What the second line of his phone asked for. */
function dialledBy(story: CallStory, leg: LegStory): string | null {
  const lines = legsOf(story).filter((line) => line.origin === "dialling" && isTheSamePhone(line, leg));
  return lines.at(-1)?.dialled ?? null;
}

/** He was rung for a client whom he never met. */
function interceptionLost(story: CallStory, leg: LegStory): Transfer["result"] | null {
  const { direction, clientLeg } = sidesOf(story);
  if (direction !== "inbound" || leg.calledBy !== null || isOutside(leg) || leg.origin === "requested") return null;
  if (leg.talked !== null || isTakenBack(story, leg) || story.transfers.some(({ by }) => by === leg.id)) return null;
  if (leg.answeredAt !== null) return "failed";
  const isClientGone = clientLeg === null || clientLeg.endedAt !== null || clientLeg.talked !== null;
  if (leg.cause === ANSWERED_ELSEWHERE || isClientGone) return "cancelled";
  if (leg.dialStatus === "BUSY" || leg.cause === REJECTED) return "refused";
  return leg.dialStatus === "NOANSWER" ? "no-answer" : "cancelled";
}

/** He has the client now, whom the PBX was asked to ring him for, or who was taken for him from where it rang. */
function intercepts(before: CallStory, after: CallStory, leg: LegStory): boolean {
  const { clientLeg, direction } = sidesOf(after);
  if (direction !== "inbound" || clientLeg === null || leg.calledBy === undefined || isOutside(leg)) return false;
  const wasTaken = legsOf(after).some(
    (other) => other.sentOn === "taken" && other.calledBy === leg.calledBy && other !== leg,
  );
  if ((leg.calledBy !== null && !wasTaken) || isTakenBack(after, leg)) return false;
  const isTold = after.transfers.some(({ transfer, by }) => by === leg.id && transfer.result === "completed");
  // Somebody fetches him from the slot he was left in.
  const waitsInSlot = before.transfers.some(
    ({ transfer, transferee }) =>
      transfer.kind === "park" && transfer.result === "pending" && transferee === clientLeg.id,
  );
  return !isTold && !waitsInSlot && leg.with.includes(clientLeg.id) && before.legs[leg.id]?.talked === null;
}

/** The PBX rings him again for whom he handed over in vain. */
function isTakenBack(story: CallStory, leg: LegStory): boolean {
  return legsOf(story).some(
    (other) => (other.handedOverAt !== null || other.sentOn === "by-itself") && isTheSamePhone(other, leg),
  );
}

/** What became of the pending transfers; `ended` when nobody is left who could still change it. */
export function transfersSettled(story: CallStory, at: number, ended: boolean): Conclusion[] {
  return story.transfers.flatMap((told, index) => {
    if (told.transfer.result !== "pending") return [];
    const result = settle(story, told, at) ?? (ended ? "failed" : null);
    if (result === null) return [];
    const fetcher = told.transfer.kind === "park" ? partnerOf(story, told) : undefined;
    const to = fetcher ? partyName(fetcher) : told.transfer.to;
    return [{ type: "transfer-settled" as const, index, to, result }];
  });
}

/** Whom the one who was handed over talks to now. */
function partnerOf(story: CallStory, { by, transferee }: ToldTransfer): LegStory | undefined {
  const given = transferee === null ? undefined : story.legs[transferee];
  return given?.with.flatMap((id) => story.legs[id] ?? []).find((leg) => leg.id !== by);
}

function settle(story: CallStory, told: ToldTransfer, at: number): Transfer["result"] | null {
  const giver = story.legs[told.by];
  const given = told.transferee === null ? undefined : story.legs[told.transferee];
  if (!giver || !given) return null;
  const partner = partnerOf(story, told);
  const target = targetOf(story, told, giver, given);
  switch (told.transfer.kind) {
    case "park":
      return partner ? takenBy(partner, giver) : null;
    case "blind":
      return settleBlind(giver, given, partner, target);
    default:
      return settleAttended(giver, given, partner, target, at);
  }
}

function settleAttended(
  giver: LegStory,
  given: LegStory,
  partner: LegStory | undefined,
  target: LegStory | undefined,
  at: number,
): Transfer["result"] | null {
  if (giver.handedOverAt !== null) {
    if (target?.talked != null) return "completed";
    // Why the dial ended is told with the leg's end: a 603 ends it as NOANSWER.
    const result = target?.endedAt == null ? undefined : dialResult(target);
    if (result !== undefined) return result;
    // He is let go in the end by the PBX, which had tried everybody (capture p07).
    if (given.endedAt !== null) return letGoInVain(given, target) ? "no-answer" : "failed";
    // Nobody is left to call it off: its time was over, and who handed over was rung in the target's place (capture n04).
    return partner && target?.endedAt != null ? "no-answer" : null;
  }
  // He handed over while we were away: he is gone, and the two are in conversation.
  if (giver.endedAt !== null && target && given.with.includes(target.id)) return "completed";
  // Back with the one who waited.
  if (giver.with.includes(given.id)) {
    // He swapped sides and the colleague waits for him, or all three are in one bridge for a moment; or the colleague's
    // leg is about to end, and will tell whether he hung up himself.
    if (target?.endedAt === null) return null;
    if (target?.talked == null) return unreached(target, at);
    return target.byItself ? "refused" : "cancelled";
  }
  return given.endedAt === null ? null : "failed";
}

function letGoInVain(given: LegStory, target: LegStory | undefined): boolean {
  return target?.endedAt != null && !given.byItself && !given.isEndUnseen;
}

function settleBlind(giver: LegStory, given: LegStory, partner: LegStory | undefined, target: LegStory | undefined) {
  if (partner) return takenBy(partner, giver);
  if (given.endedAt === null) return null;
  // Nothing else has ended the ringing: he left before anybody answered, however long it rang.
  return (target && dialResult(target)) ?? "failed";
}

/** Why a blind transfer's phones are silent while whom it gave away waits and nobody else is rung; null: not so. */
export function triedInVain(story: CallStory, told: ToldTransfer): TargetResult | null {
  const { transfer, transferee } = told;
  const given = transferee === null ? undefined : story.legs[transferee];
  if (transfer.kind !== "blind" || transfer.result !== "pending" || !given || given.endedAt !== null) return null;
  const rung = rungFor(story, told);
  // Why a dial ended is told with the leg's end: a 603 ends it as NOANSWER.
  if (rung.some(({ endedAt, talked }) => endedAt === null || talked !== null)) return null;
  const reasons = rung.filter((leg) => partyName(leg) === transfer.to).map(dialResult);
  return reasons.find((reason) => reason !== undefined) ?? null;
}

/** By him who talks to the one that was given away. */
function takenBy(partner: LegStory, giver: LegStory): "returned" | "completed" {
  return isTheSamePhone(partner, giver) ? "returned" : "completed";
}

/** Whom the transfer rang: the last leg that was called for it. */
function targetOf(story: CallStory, told: ToldTransfer, giver: LegStory, given: LegStory): LegStory | undefined {
  return (
    rungFor(story, told).at(-1) ??
    // The consultation was a call of its own, before the transfer was told of.
    othersThan(story, giver, given).findLast((leg) => giver.with.includes(leg.id) || given.with.includes(leg.id))
  );
}

/** Whoever was called for it, or rang already when it began (capture o19). */
export function rungFor(story: CallStory, { transfer, by, transferee }: ToldTransfer): readonly LegStory[] {
  const [giver, given] = [story.legs[by], transferee === null ? undefined : story.legs[transferee]];
  if (!giver || !given) return [];
  const since = transfer.kind === "attended" ? transfer.at - TOGETHER_MS : transfer.at;
  return othersThan(story, giver, given).filter(
    ({ endedAt, calledBy }) =>
      (endedAt === null || endedAt >= since) && (calledBy === giver.id || calledBy === given.id),
  );
}

function othersThan(story: CallStory, giver: LegStory, given: LegStory): readonly LegStory[] {
  return legsOf(story).filter((leg) => leg !== giver && leg !== given && !isTheSamePhone(leg, giver));
}

function unreached(target: LegStory | undefined, at: number): Transfer["result"] {
  if (target === undefined) return "failed";
  return dialResult(target) ?? (ringMs(target, at) >= NO_ANSWER_MS ? "no-answer" : "cancelled");
}

/** What the target's own phone, or the time it may ring, made of it; undefined when somebody else ended the ringing. */
function dialResult({ dialStatus, rings, cause }: LegStory): TargetResult | undefined {
  // SIP 603; Asterisk ends the dial with NOANSWER then.
  if (cause === REJECTED) return "refused";
  switch (dialStatus) {
    case "NOANSWER":
      return "no-answer";
    case "BUSY":
      return rings ? "refused" : "busy";
    case "CHANUNAVAIL":
    case "CONGESTION":
      return "failed";
    default:
      return undefined;
  }
}

function ringMs(leg: LegStory, at: number): number {
  return leg.rang === null ? 0 : (leg.rang.until ?? at) - leg.rang.from;
}

function isTheSamePhone(one: LegStory, other: LegStory): boolean {
  return one.party.kind === "employee" && partyName(one) === partyName(other);
}
