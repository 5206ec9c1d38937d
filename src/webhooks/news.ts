/** What of a call is worth telling other programs, each thing once. Pure: the same journal tells the same again. */
import { createHash } from "node:crypto";
import type { Call, Transfer } from "../calls/call.ts";
import type { CallEvent } from "../calls/call-event.ts";
import { evolve } from "../calls/evolve.ts";
import type { CallStory } from "../calls/story.ts";
import { toCall } from "../calls/told.ts";
import type { MessageType } from "./webhook.ts";

export interface News {
  readonly type: MessageType;
  /** The same whenever this is told, and of nothing else: by it a receiver knows what he has already. */
  readonly id: string;
  /** Epoch milliseconds of the PBX's clock. */
  readonly at: number;
  /** As it is then. */
  readonly call: Call;
  /** Whose phone it is about. */
  readonly extension: string | null;
  readonly transfer: Transfer | null;
}

/** A call as far as its events have been read. */
export interface Followed {
  /** undefined before its first event. */
  readonly story: CallStory | undefined;
  readonly told: ReadonlySet<string>;
}

export const NOTHING_FOLLOWED: Followed = { story: undefined, told: new Set() };

export function follow({ story, told }: Followed, event: CallEvent): { after: Followed; news: readonly News[] } {
  const next = evolve(story, event);
  const call = toCall(next);
  // To a call that has ended the PBX's records may add its recording; what else they correct is past.
  const isOver = told.has("call-ended");
  const fresh = factsOf(call, told).filter(
    ({ name, type }) => !told.has(name) && (!isOver || type === "recording-ready"),
  );
  const news = fresh.map(({ name, ...fact }) => ({ ...fact, id: idOf(call.id, name), at: event.at, call }));
  return { after: { story: next, told: new Set([...told, ...fresh.map(({ name }) => name)]) }, news };
}

interface Fact extends Pick<News, "type" | "extension" | "transfer"> {
  /** Names it among those of the call. */
  readonly name: string;
}

/** All that is true of the call now and worth telling. */
function factsOf(call: Call, told: ReadonlySet<string>): Fact[] {
  const about = (type: MessageType, more: Partial<Fact> = {}): Fact => ({
    type,
    name: type,
    extension: null,
    transfer: null,
    ...more,
  });
  if (call.mergedInto !== null) return told.has("call-began") ? [about("call-ended")] : [];
  return [
    ...(isKnown(call) ? [about("call-began")] : []),
    ...call.cards
      .filter(({ state }) => state === "ringing")
      .map(({ legId, extension }) => about("call-ringing", { name: `call-ringing ${legId}`, extension })),
    ...answerOf(call).map((extension) => about("call-answered", { extension })),
    ...call.transfers.flatMap((transfer, nth) =>
      transfer.result === "completed"
        ? [about("call-transferred", { name: `call-transferred ${nth}`, extension: transfer.to, transfer })]
        : [],
    ),
    ...(call.endedAt === null ? [] : endOf(call).map((type) => about(type))),
  ];
}

/** The first event of a call knows nothing of it yet. */
function isKnown({ client, cards, employees, endedAt }: Call): boolean {
  return client !== null || cards.length > 0 || employees.length > 0 || endedAt !== null;
}

/** By whom it was answered. A moment may pass until that is seen; at the end it is told without. */
function answerOf(call: Call): (string | null)[] {
  if (call.answeredAt === null) return [];
  const talker = talkerOf(call);
  return talker === null && call.endedAt === null ? [] : [talker];
}

/** Who talks to the client; in an internal call, who was called. His card may not show the talk yet. */
function talkerOf({ cards, clientLegId }: Call): string | null {
  const inHand = cards.filter(({ pickedUp }) => pickedUp);
  const withClient = inHand.find(({ peerLegId }) => clientLegId !== null && peerLegId === clientLegId);
  return (withClient ?? inHand.at(-1))?.extension ?? null;
}

function endOf({ disposition, recordings }: Call): MessageType[] {
  return [
    ...(disposition === "missed" ? (["call-missed"] as const) : []),
    "call-ended",
    ...(recordings.length > 0 ? (["recording-ready"] as const) : []),
  ];
}

function idOf(callId: string, name: string): string {
  return `msg_${createHash("sha256").update(`${callId} ${name}`).digest("base64url").slice(0, 24)}`;
}
