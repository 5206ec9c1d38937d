/** A call's events folded into its story. Mechanical: whatever needs judgement was decided before (`decide.ts`). */
import { impossible } from "../lib/impossible.ts";
import type { CallEvent } from "./call-event.ts";
import { showLeg } from "./cards.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { sidesOf } from "./sides.ts";
import { type CallStory, type LegStory, legsOf, partyName } from "./story.ts";

/** @param story undefined before `call-began` */
export function evolve(story: CallStory | undefined, event: CallEvent): CallStory {
  if (event.type === "call-began") {
    return {
      id: event.callId,
      pbx: event.pbx,
      linkedids: [event.linkedid],
      startedAt: event.at,
      partial: event.partial,
      legs: {},
      queue: null,
      voicemail: false,
      unreached: {},
      transfers: [],
      recordings: [],
      doubts: [],
      recovered: null,
      absorbed: null,
      ended: null,
    };
  }
  if (story === undefined) throw new Error(`the story of call ${event.callId} does not begin with call-began`);
  switch (event.type) {
    case "call-merged":
      return withCards(merge(story, event.other), event.at);
    case "call-absorbed":
      return { ...story, absorbed: { at: event.at, into: event.into } };
    case "call-recovered":
      return { ...story, recovered: event.told };
    case "call-ended":
      return {
        ...story,
        partial: story.partial || event.partial,
        ended: { at: event.at, disposition: event.disposition, endedBy: event.endedBy },
      };
    case "transfer-began": {
      const { transfer, by, transferee, replaces } = event;
      const told = { transfer, by, transferee };
      const transfers = replaces === undefined ? [...story.transfers, told] : story.transfers.with(replaces, told);
      return { ...story, transfers };
    }
    case "transfer-settled": {
      const told = story.transfers[event.index];
      if (!told) return story;
      const settled = {
        ...told,
        transfer: { ...told.transfer, to: event.to, result: event.result, settledAt: event.at },
      };
      return { ...story, transfers: story.transfers.with(event.index, settled) };
    }
    default:
      return withCards(hear(story, event), event.at);
  }
}

function hear(story: CallStory, event: LegEvent): CallStory {
  const at = event.at;
  switch (event.type) {
    case "leg-began": {
      const linkedids = union(story.linkedids, [event.linkedid]);
      return { ...story, linkedids, legs: { ...story.legs, [event.leg]: newLeg(event) } };
    }
    case "leg-relinked":
      return { ...story, linkedids: union(story.linkedids, [event.linkedid]) };
    case "leg-queued":
      return change({ ...story, queue: story.queue ?? event.queue }, event.leg, () => ({ servedAt: at }));
    case "leg-listens":
      return change(story, event.leg, () => ({ listens: true }));
    case "leg-to-voicemail":
      return { ...story, voicemail: true };
    case "leg-recorded":
      return { ...story, recordings: [...story.recordings, { file: event.file, startedAt: at }] };
    case "leg-identified":
      return change(story, event.leg, (leg) => ({
        party: leg.party.kind === "outside" ? { kind: "outside", number: event.number } : leg.party,
        did: event.did ?? leg.did,
      }));
    case "leg-called":
      return change(story, event.leg, (leg) => ({
        calledBy: event.by,
        shows: event.shows ?? leg.shows,
        // Who called one that we found in a talk is known; how long it rang is not.
        rang: leg.rang ?? (leg.origin === "requested" || leg.answeredAt !== null ? null : { from: at, until: null }),
      }));
    case "leg-rings":
      return change(story, event.leg, () => ({ rings: true }));
    case "leg-answered":
      return change({ ...story, partial: story.partial || event.unseen === true }, event.leg, (leg) => ({
        answeredAt: leg.answeredAt ?? at,
        rang: closed(leg.rang, at),
      }));
    case "leg-connected":
      return connect(story, event);
    case "leg-had-talked":
      return hadTalked(story, event);
    case "leg-consulting":
      return consult(story, event);
    case "leg-held":
      return change(story, event.leg, () => ({ heldSince: at }));
    case "leg-resumed":
      return change(story, event.leg, () => ({ heldSince: null }));
    case "leg-dial-ended":
      return change(story, event.leg, () => ({ dialStatus: event.status }));
    case "leg-unreached":
      return { ...story, unreached: { ...story.unreached, [event.extension]: event.status } };
    case "leg-transferred":
      return change(story, event.leg, (leg) =>
        event.kind === "attended" ? handedOver(leg, at) : { handedOverAt: at },
      );
    case "leg-redirected":
      return redirect(story, event);
    case "leg-picked-up":
      return change(story, event.from, () => ({ takenBy: event.leg }));
    case "leg-parked": {
      const parked = change(story, event.leg, () => ({ parkedIn: event.slot, parkedAt: at }));
      return event.by === null ? parked : change(parked, event.by, (leg) => handedOver(leg, at));
    }
    case "leg-ended":
      return change(leave(story, event.leg, at), event.leg, (leg) => ({
        ...closing(leg, at),
        cause: event.cause,
        byItself: event.byItself === true,
        isEndUnseen: event.byItself === null,
      }));
    case "leg-lost":
      return change(leave({ ...story, partial: true }, event.leg, at), event.leg, (leg) => closing(leg, at));
    default:
      return impossible(event);
  }
}

function newLeg(event: Extract<LegEvent, { type: "leg-began" }>): LegStory {
  const { origin } = event;
  return {
    id: event.leg,
    party: event.party,
    origin: origin.kind,
    beganAt: event.at,
    dialled: origin.kind === "dialling" ? origin.dialled : null,
    did: origin.kind === "dialling" ? origin.did : null,
    calledBy: undefined,
    shows: null,
    rang: null,
    answeredAt: null,
    with: [],
    lastWith: [],
    room: null,
    listens: false,
    talked: null,
    aloneSince: null,
    heldSince: null,
    waiting: null,
    consults: null,
    handedOverAt: null,
    isOut: false,
    takenBy: null,
    sentOn: null,
    servedAt: null,
    parkedIn: null,
    parkedAt: null,
    dialStatus: null,
    rings: false,
    endedAt: null,
    cause: null,
    byItself: false,
    isEndUnseen: false,
    shown: null,
  };
}

type Change = { readonly [K in keyof LegStory]?: LegStory[K] };

function change(story: CallStory, id: LegId, changed: (leg: LegStory) => Change): CallStory {
  const leg = story.legs[id];
  return leg ? { ...story, legs: { ...story.legs, [id]: { ...leg, ...changed(leg) } } } : story;
}

function connect(story: CallStory, event: Extract<LegEvent, { type: "leg-connected" }>): CallStory {
  const talks = event.with.length > 0;
  return change(story, event.leg, (leg) => ({
    with: event.with,
    lastWith: lastWith(leg, event.with),
    room: event.room,
    servedAt: event.room === null ? leg.servedAt : event.at,
    aloneSince: talks ? null : (leg.aloneSince ?? event.at),
    ...(talks && {
      talked: leg.talked ?? { from: event.at, until: null },
      rang: closed(leg.rang, event.at),
      // Back with the one who waited: the consultation is over.
      waiting: leg.waiting !== null && event.with.includes(leg.waiting) ? null : leg.waiting,
    }),
  }));
}

function lastWith(leg: LegStory, now: readonly LegId[]): readonly LegId[] {
  if (now.length > 0) return [];
  return leg.with.length > 0 ? leg.with : leg.lastWith;
}

/** Whose phone rang for it while we were away, and who is the one it was with. */
function hadTalked(story: CallStory, { leg, extension, at }: Extract<LegEvent, { type: "leg-had-talked" }>): CallStory {
  const partners = legsOf(story).filter(
    ({ id, party, endedAt }) =>
      id !== leg && endedAt === null && party.kind === "employee" && party.extension === extension,
  );
  return [leg, ...partners.map(({ id }) => id)].reduce(
    (now, id) =>
      change(now, id, ({ talked, rang, aloneSince, with: mates }) => ({
        talked: talked ?? { from: at, until: null },
        rang: closed(rang, at),
        aloneSince: mates.length > 0 ? null : (aloneSince ?? at),
      })),
    story,
  );
}

/** Who consults somebody, and who waits meanwhile, have talked before, though that may have been before we came. */
function consult(story: CallStory, { leg, waiting, target, at }: Extract<LegEvent, { type: "leg-consulting" }>) {
  const talked = ({ talked }: LegStory) => ({ talked: talked ?? { from: at, until: null } });
  const known = change(change(story, waiting, talked), leg, talked);
  return change(known, leg, () => ({ waiting, consults: target }));
}

/** It is out, though the number of a slot may be read to it yet, or a phone ring that it called. */
function handedOver({ aloneSince }: LegStory, at: number): Change {
  return { handedOverAt: at, isOut: true, with: [], aloneSince: aloneSince ?? at };
}

/**
 * Whose phones were ringing for it hand it over by that, or lose it to the one who takes it; who talked to it hands it over
 * (capture q16). Not so when it goes back to the one who had handed it over (capture q04).
 */
function redirect(story: CallStory, event: Extract<LegEvent, { type: "leg-redirected" }>): CallStory {
  const goesBack = story.transfers.some(
    ({ transfer, transferee }) =>
      transfer.kind === "blind" &&
      transfer.result === "pending" &&
      transfer.by === event.target &&
      transferee === event.leg,
  );
  if (goesBack) return story;
  const rang = legsOf(story).filter((leg) => leg.calledBy === event.leg && leg.talked === null && leg.endedAt === null);
  const handsOn = new Set(rang.map(partyName)).size === 1 ? "by-itself" : "by-somebody";
  return legsOf(story).reduce((now, leg) => {
    if (rang.includes(leg)) return change(now, leg.id, () => ({ sentOn: event.over ? handsOn : "taken" }));
    // Both may be sent on at once, and he leaves the talk before the client does (capture p37).
    const talksToIt = [...leg.with, ...leg.lastWith].includes(event.leg) && leg.endedAt === null;
    const handsOver = event.over && talksToIt && leg.handedOverAt === null;
    return handsOver ? change(now, leg.id, () => handedOver(leg, event.at)) : now;
  }, story);
}

/**
 * Nobody talks to a leg that is gone, though its partner may hear of it a moment later. Whoever had turned away from it was
 * not alone while it waited (capture o52).
 */
function leave(story: CallStory, gone: LegId, at: number): CallStory {
  return legsOf(story)
    .filter((leg) => leg.with.includes(gone) || (leg.waiting === gone && leg.endedAt === null && !leg.isOut))
    .reduce((now, leg) => {
      const rest = leg.with.filter((id) => id !== gone);
      return change(now, leg.id, () => ({
        with: rest,
        lastWith: lastWith(leg, rest),
        aloneSince: rest.length === 0 ? at : null,
      }));
    }, story);
}

function closing(leg: LegStory, at: number): Change {
  return {
    endedAt: at,
    aloneSince: leg.aloneSince ?? at,
    with: [],
    room: null,
    rang: closed(leg.rang, at),
    talked: closed(leg.talked, at),
    shown: null,
  };
}

function closed<S extends { readonly from: number; readonly until: number | null } | null>(span: S, at: number): S {
  return span === null || span.until !== null ? span : { ...span, until: at };
}

/** Both stories are one: the other's legs and all that was told of it come here. */
function merge(story: CallStory, other: CallStory): CallStory {
  // A journal of an older version does not tell whom they were with last.
  const others = legsOf(other).map((leg) => ({ ...leg, lastWith: leg.lastWith ?? [] }));
  const legs = [...legsOf(story), ...others].sort((one, two) => one.beganAt - two.beganAt);
  const merged = {
    ...story,
    linkedids: union(story.linkedids, other.linkedids),
    partial: story.partial || other.partial,
    legs: Object.fromEntries(legs.map((leg) => [leg.id, leg])),
    queue: story.queue ?? other.queue,
    voicemail: story.voicemail || other.voicemail,
    unreached: { ...other.unreached, ...story.unreached },
    transfers: [...story.transfers, ...other.transfers],
    recordings: [...story.recordings, ...other.recordings].sort((one, two) => one.startedAt - two.startedAt),
    doubts: union(story.doubts, other.doubts),
  };
  // A client waits from when he called, whatever colleagues had to talk about before; else the first leg began it all.
  if (sidesOf(merged).direction === "inbound") return merged;
  return { ...merged, startedAt: Math.min(story.startedAt, other.startedAt) };
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  return more.every((item) => known.includes(item)) ? known : [...new Set([...known, ...more])];
}

/** What one leg does changes what the others' panels show: whom they talk to, who still waits. */
function withCards(story: CallStory, at: number): CallStory {
  let legs = story.legs;
  for (const leg of legsOf(story)) {
    const shown = showLeg(story, leg, at);
    if (shown !== leg.shown) legs = { ...legs, [leg.id]: { ...leg, shown } };
  }
  return legs === story.legs ? story : { ...story, legs };
}
