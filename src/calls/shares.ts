/** How a call went for each employee whose phone took part in it. Pure. */
import type { EmployeeResult, EmployeeShare, Transfer } from "./call.ts";
import { dispositionOf } from "./disposition.ts";
import { isOutsideNumber, sidesOf } from "./sides.ts";
import { type CallStory, type LegStory, legsOf, type Span, type ToldTransfer } from "./story.ts";
import { rungFor } from "./transfers.ts";

/** Q.850 causes that decide something for people. */
const CAUSE = { busy: 17, rejected: 21, answeredElsewhere: 26 } as const;

/** The kinds of transfers whose `by` gives the call away; in the others he takes it. */
const GIVING: ReadonlySet<Transfer["kind"]> = new Set(["blind", "attended", "park"]);

/** An answer somewhere else may be told this long after the other phones were silenced (MikoPBX: 0.3 s). */
const ELSEWHERE_MS = 1000;

/** Employees in the order in which they came in. A person's devices are one person. */
export function sharesOf(story: CallStory): EmployeeShare[] {
  const legsByExtension = Map.groupBy(
    legsOf(story).filter((leg) => leg.party.kind === "employee"),
    (leg) => (leg.party.kind === "employee" ? leg.party.extension : ""),
  );
  const shares = [...legsByExtension].map(([extension, all]) => {
    const phones = all.filter((leg) => leg.origin !== "requested");
    const legs = phones.length > 0 ? phones : all;
    return {
      extension,
      result: resultOf(story, legs),
      ringSeconds: seconds(legs.map((leg) => leg.rang)),
      talkSeconds: seconds(legs.map(talkOf)),
    };
  });
  return [...shares, ...unreachedShares(story, legsByExtension)];
}

/** A call that was meant for somebody is a part of his day, though no phone of his could ring. */
function unreachedShares(story: CallStory, reached: ReadonlyMap<string, unknown>): EmployeeShare[] {
  const targets = story.transfers.flatMap((told) => {
    const { kind, to } = told.transfer;
    const isForOne = to !== null && !isOutsideNumber(to) && (kind === "blind" || kind === "attended");
    return isForOne && !cameToOthers(story, told) ? [[to, "CHANUNAVAIL"] as const] : [];
  });
  return [...new Map([...targets, ...Object.entries(story.unreached)])].flatMap(([extension, status]) =>
    reached.has(extension)
      ? []
      : [
          {
            extension,
            result: status === "BUSY" ? ("busy" as const) : ("failed" as const),
            ringSeconds: 0,
            talkSeconds: 0,
          },
        ],
  );
}

/**
 * Others were rung for it, or it came to where nobody in particular is asked for: the number is that of a queue, a group, a
 * room, a slot, or of one who forwards his calls (captures o04, o05, o21).
 */
function cameToOthers(story: CallStory, told: ToldTransfer): boolean {
  const { result, at } = told.transfer;
  const given = told.transferee === null ? undefined : story.legs[told.transferee];
  const cameAt = Math.max(given?.servedAt ?? 0, given?.parkedAt ?? 0);
  return result === "completed" || cameAt >= at || rungFor(story, told).length > 0;
}

function resultOf(story: CallStory, legs: readonly LegStory[]): EmployeeResult {
  const talked = legs.filter((leg) => leg.talked !== null);
  const last = talked.at(-1);
  if (last) return wasTaken(story, legs, last.handedOverAt !== null) ? "transferred-away" : "answered";
  const results = legs.map((leg) => unansweredResult(story, leg));
  // One of his phones may have been busy or silenced while another rang on: the strongest word tells how it went.
  const order: readonly EmployeeResult[] = [
    "answered",
    "transferred-away",
    "answered-elsewhere",
    "rejected",
    "missed",
    "busy",
    "cancelled",
    "failed",
  ];
  return order.find((result) => results.includes(result)) ?? "failed";
}

function unansweredResult(story: CallStory, leg: LegStory): EmployeeResult {
  if (leg.calledBy === undefined) return ownAttempt(story);
  if (leg.sentOn !== null) return leg.sentOn === "by-itself" ? "transferred-away" : "answered-elsewhere";
  if (wasLedAway(story, leg)) return "answered";
  if (leg.takenBy !== null || leg.cause === CAUSE.answeredElsewhere || answeredElsewhere(story, leg))
    return "answered-elsewhere";
  if (leg.calledBy === null && sidesOf(story).direction !== "inbound") return ownAttempt(story, leg);
  // When the caller gives up, all that ring still are given the cause of one who had refused (capture r10).
  const cause = leg.dialStatus === "CANCEL" ? null : leg.cause;
  if (cause === CAUSE.rejected) return "rejected";
  // A phone that rang and then says "busy" was told to say so by its owner.
  if (leg.dialStatus === "BUSY" || cause === CAUSE.busy) return leg.rings ? "rejected" : "busy";
  if (leg.dialStatus === "CHANUNAVAIL" || leg.dialStatus === "CONGESTION" || leg.origin === "requested")
    return "failed";
  // He was rung for a client who rang at others: the attempt was called off, he missed nothing that was his.
  if (leg.calledBy === null || wasCalledOff(story, leg)) return "cancelled";
  return "missed";
}

/** What he handed over was taken, or may be yet when he is out already. */
function wasTaken(story: CallStory, legs: readonly LegStory[], isOut: boolean): boolean {
  return story.transfers.some(
    ({ transfer: { kind, result }, by }) =>
      legs.some((leg) => leg.id === by) &&
      GIVING.has(kind) &&
      (result === "completed" || (result === "pending" && isOut)),
  );
}

/** He placed the call himself: it went for him as it went at all, unless it failed at his own phone. */
function ownAttempt(story: CallStory, own?: LegStory): EmployeeResult {
  if (!own || own.answeredAt !== null) return dispositionOf(story);
  if (own.origin === "requested") return "failed";
  return own.dialStatus === "BUSY" || own.cause === CAUSE.rejected ? "rejected" : "missed";
}

/** He had picked up, and the dialplan led the caller away from him, to somebody else (capture p33). */
function wasLedAway(story: CallStory, { answeredAt, calledBy, cause, byItself }: LegStory): boolean {
  const since = calledBy == null ? undefined : story.legs[calledBy]?.talked?.from;
  const isHis = answeredAt !== null && cause !== CAUSE.answeredElsewhere && !byItself;
  return isHis && since !== undefined && since > answeredAt;
}

/** The caller was in conversation with somebody else when this phone went silent. */
function answeredElsewhere(story: CallStory, leg: LegStory): boolean {
  const end = leg.rang?.until ?? leg.endedAt;
  if (end === null || (leg.dialStatus !== null && leg.dialStatus !== "CANCEL")) return false;
  const caller = leg.calledBy == null ? sidesOf(story).clientLeg : story.legs[leg.calledBy];
  const since = caller?.talked?.from;
  if (caller === undefined || caller === null || since === undefined) return false;
  return since > leg.beganAt && since <= end + ELSEWHERE_MS && (caller.endedAt === null || caller.endedAt > end);
}

/** A colleague who called him, or wanted to consult him, thought better of it while the phone rang. */
function wasCalledOff(story: CallStory, leg: LegStory): boolean {
  const caller = leg.calledBy == null ? undefined : story.legs[leg.calledBy];
  if (caller?.party.kind !== "employee" || leg.dialStatus !== "CANCEL") return false;
  if (sidesOf(story).direction === "internal") return true;
  return story.transfers.some(
    ({ transfer, by }) =>
      transfer.kind === "attended" &&
      by === leg.calledBy &&
      transfer.at <= leg.beganAt &&
      transfer.result === "cancelled",
  );
}

/** Talk ends with the last conversation, though the phone may lie off the hook a while longer. */
function talkOf(leg: LegStory): Span | null {
  return leg.talked && { from: leg.talked.from, until: leg.handedOverAt ?? leg.aloneSince };
}

/** Seconds covered by the spans together, to the millisecond; two phones ringing at once ring once. */
function seconds(spans: readonly (Span | null)[]): number {
  const closed = spans
    .flatMap((span) => (span?.until == null ? [] : [{ from: span.from, until: span.until }]))
    .sort((one, two) => one.from - two.from);
  let total = 0;
  let covered = Number.NEGATIVE_INFINITY;
  for (const { from, until } of closed) {
    total += Math.max(0, until - Math.max(from, covered));
    covered = Math.max(covered, until);
  }
  return total / 1000;
}
