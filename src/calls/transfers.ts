/** What handing over a call comes to: when a transfer begins, and what became of it. Pure. */
import type { Transfer } from "./call.ts";
import type { Conclusion } from "./call-event.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { sameNumber, sidesOf } from "./sides.ts";
import { type CallStory, isOutside, type LegStory, legsOf, partyName, type ToldTransfer } from "./story.ts";

/**
 * The feature's own time-out and a cancelling look the same on the wire (captures 11 and 12): a phone that rang so long
 * in vain was not answered, whoever lost patience. Asterisk's shortest usual `atxfernoanswertimeout` is 10 s.
 */
const NO_ANSWER_MS = 9_500;

/** The transfer that `heard` begins. `before` has not heard it yet, `after` has. */
export function transferBegun(before: CallStory, after: CallStory, heard: LegEvent): ToldTransfer | null {
  const leg = after.legs[heard.leg];
  if (!leg) return null;
  const told = (kind: Transfer["kind"], by: LegStory, to: string | null, transferee: LegId | null, done = false) => ({
    transfer: { kind, by: partyName(by), to, result: done ? "completed" : "pending", at: heard.at } as const,
    by: by.id,
    transferee,
  });
  switch (heard.type) {
    case "leg-consulting":
      return told("attended", leg, heard.target, heard.waiting);
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
      return known ? null : told("attended", leg, target ? partyName(target) : heard.target, heard.transferee);
    }
    case "leg-redirected": {
      const rang = legsOf(after).filter(
        (other) => other.sentOn !== null && other.calledBy === leg.id && other.endedAt === null,
      );
      const from = rang[0];
      if (!from || !heard.over) return null;
      // With several phones ringing nobody can tell who sent it on.
      const transfer = told("blind", from, heard.target, leg.id);
      return rang.length === 1 ? transfer : { ...transfer, transfer: { ...transfer.transfer, by: null } };
    }
    case "leg-picked-up": {
      const { client, clientLeg } = sidesOf(after);
      // He was rung for the client, and his answer picked up what rang elsewhere.
      const kind = leg.calledBy === null && sameNumber(leg.shows, client) ? "interception" : "pickup";
      return told(kind, leg, partyName(leg), clientLeg?.id ?? null, true);
    }
    case "leg-parked": {
      const parker = heard.by === null ? undefined : after.legs[heard.by];
      return parker ? told("park", parker, heard.slot, leg.id) : null;
    }
    case "leg-connected":
      return intercepts(before, after, leg)
        ? told("interception", leg, partyName(leg), heard.with[0] ?? null, true)
        : null;
    default:
      return null;
  }
}

/** The PBX was asked to ring him for a client who was calling, and he has him now. */
function intercepts(before: CallStory, after: CallStory, leg: LegStory): boolean {
  const { clientLeg, direction } = sidesOf(after);
  if (direction !== "inbound" || clientLeg === null || leg.calledBy !== null || isOutside(leg)) return false;
  const taken = after.transfers.some(({ transfer, by }) => by === leg.id && transfer.result === "completed");
  return !taken && leg.with.includes(clientLeg.id) && before.legs[leg.id]?.talked === null;
}

/** What became of the pending transfers; `ended` when nobody is left who could still change it. */
export function transfersSettled(story: CallStory, at: number, ended: boolean): Conclusion[] {
  return story.transfers.flatMap((told, index) => {
    if (told.transfer.result !== "pending") return [];
    const result = settle(story, told, at) ?? (ended ? "failed" : null);
    return result === null ? [] : [{ type: "transfer-settled" as const, index, result }];
  });
}

function settle(story: CallStory, { transfer, by, transferee }: ToldTransfer, at: number): Transfer["result"] | null {
  const giver = story.legs[by];
  const given = transferee === null ? undefined : story.legs[transferee];
  if (!giver || !given) return null;
  const target = targetOf(story, giver, given, transfer.at);
  if (transfer.kind === "park") return given.with.length > 0 && !given.with.includes(by) ? "completed" : null;
  if (transfer.kind === "blind") return settleBlind(story, giver, given, target, at);
  if (giver.handedOverAt !== null) {
    if (target?.talked != null) return "completed";
    return target?.endedAt != null || given.endedAt !== null ? unreached(target, at) : null;
  }
  // Back with the one who waited.
  if (giver.with.includes(given.id))
    return target?.talked ? (target.byItself ? "refused" : "cancelled") : unreached(target, at);
  return given.endedAt === null ? null : "cancelled";
}

function settleBlind(story: CallStory, giver: LegStory, given: LegStory, target: LegStory | undefined, at: number) {
  const partner = given.with.flatMap((id) => story.legs[id] ?? []).find((leg) => leg.id !== giver.id);
  if (partner) return partyName(partner) === partyName(giver) ? "returned" : "completed";
  return given.endedAt === null ? null : unreached(target, at);
}

/** Whom the transfer rang: the last leg that was called for it. */
function targetOf(story: CallStory, giver: LegStory, given: LegStory, since: number): LegStory | undefined {
  const others = legsOf(story).filter((leg) => leg !== giver && leg !== given && !isTheSamePhone(leg, giver));
  return (
    others.findLast((leg) => leg.beganAt >= since && (leg.calledBy === giver.id || leg.calledBy === given.id)) ??
    // The consultation was a call of its own, before the transfer was told of.
    others.findLast((leg) => giver.with.includes(leg.id) || given.with.includes(leg.id))
  );
}

function unreached(target: LegStory | undefined, at: number): Transfer["result"] {
  if (target === undefined) return "failed";
  switch (target.dialStatus) {
    case "NOANSWER":
      return "no-answer";
    case "BUSY":
      return target.rings ? "refused" : "busy";
    case "CHANUNAVAIL":
    case "CONGESTION":
      return "failed";
    default:
      return ringMs(target, at) >= NO_ANSWER_MS ? "no-answer" : "cancelled";
  }
}

function ringMs(leg: LegStory, at: number): number {
  return leg.rang === null ? 0 : (leg.rang.until ?? at) - leg.rang.from;
}

function isTheSamePhone(one: LegStory, other: LegStory): boolean {
  return one.party.kind === "employee" && partyName(one) === partyName(other);
}
