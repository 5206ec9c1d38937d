/** What follows for a call from what was heard of one of its legs. Pure; time is the event's own. */
import type { CallEvent, Conclusion } from "./call-event.ts";
import { dispositionOf, endedBy } from "./disposition.ts";
import { evolve } from "./evolve.ts";
import type { LegEvent, LegId } from "./leg-event.ts";
import { type CallStory, legsOf } from "./story.ts";
import { replacedBy, transferBegun, transfersSettled } from "./transfers.ts";

/** Nothing when it is no news: everything may be told twice. */
export function decide(story: CallStory, heard: LegEvent): CallEvent[] {
  if (!isNews(story, heard)) return [];
  const about = { callId: story.id, at: heard.at };
  const events: CallEvent[] = [];
  let now = story;
  const conclude = (event: CallEvent) => {
    events.push(event);
    now = evolve(now, event);
  };

  conclude({ ...heard, ...about });
  const transfer = transferBegun(story, now, heard);
  if (transfer) conclude({ ...about, type: "transfer-began", ...transfer, ...replacedBy(transfer, now) });
  const ended = legsOf(now).every((leg) => leg.endedAt !== null);
  for (const settled of transfersSettled(now, heard.at, ended)) conclude({ ...about, ...settled });
  if (ended) conclude({ ...about, ...ending(now, heard) });
  return events;
}

function ending(story: CallStory, heard: LegEvent): Extract<Conclusion, { type: "call-ended" }> {
  const by = endedBy(story);
  const isUnseen = by === null && legsOf(story).some((leg) => leg.isEndUnseen);
  return {
    type: "call-ended",
    disposition: dispositionOf(story),
    endedBy: by,
    partial: heard.type === "leg-lost" || isUnseen,
  };
}

function isNews(story: CallStory, heard: LegEvent): boolean {
  const leg = story.legs[heard.leg];
  if (heard.type === "leg-began") return leg === undefined;
  if (leg === undefined || (leg.endedAt !== null && heard.type !== "leg-dial-ended" && heard.type !== "leg-recorded"))
    return false;
  switch (heard.type) {
    case "leg-called":
      return heard.by !== leg.calledBy || (heard.shows !== null && heard.shows !== leg.shows);
    case "leg-relinked":
      return !story.linkedids.includes(heard.linkedid);
    case "leg-identified":
      return (heard.did ?? leg.did) !== leg.did || (leg.party.kind === "outside" && heard.number !== leg.party.number);
    case "leg-rings":
      return !leg.rings;
    case "leg-answered":
      return leg.answeredAt === null;
    case "leg-connected":
      return heard.room !== leg.room || !sameLegs(heard.with, leg.with);
    case "leg-had-talked":
      return leg.talked === null;
    case "leg-consulting":
      return heard.waiting !== leg.waiting || heard.target !== leg.consults;
    case "leg-held":
      return leg.heldSince === null;
    case "leg-resumed":
      return leg.heldSince !== null;
    case "leg-dial-ended":
      // The outer dial's time-out is heard after the inner one's cancelling.
      return leg.dialStatus === null || (leg.dialStatus === "CANCEL" && heard.status === "NOANSWER");
    case "leg-unreached":
      return story.unreached[heard.extension] !== heard.status;
    case "leg-transferred":
      return leg.handedOverAt === null;
    case "leg-picked-up":
      return story.legs[heard.from]?.takenBy !== heard.leg;
    case "leg-parked":
      return leg.parkedIn !== heard.slot;
    case "leg-queued":
      return leg.servedAt !== heard.at;
    case "leg-listens":
      return !leg.listens;
    case "leg-to-voicemail":
      return !story.voicemail;
    case "leg-recorded":
      return story.recordings.every((recording) => recording.file !== heard.file);
    default:
      return true;
  }
}

function sameLegs(some: readonly LegId[], others: readonly LegId[]): boolean {
  return some.length === others.length && some.every((id) => others.includes(id));
}
