import type { Call, Card } from "../call.ts";

/** A live outbound call of 201 to a client, with what a test says of it. */
export function callWith(said: Partial<Call> = {}): Call {
  return {
    id: "call-1",
    pbx: "office",
    linkedids: ["c2c-1"],
    direction: "outbound",
    client: "79001234567",
    did: null,
    clientLegId: null,
    parked: null,
    queue: null,
    startedAt: 1_000,
    answeredAt: null,
    endedAt: null,
    disposition: null,
    ringSeconds: 0,
    talkSeconds: 0,
    endedBy: null,
    employees: [],
    transfers: [],
    recordings: [],
    cards: [],
    partial: false,
    mergedInto: null,
    doubts: [],
    ...said,
  };
}

export function cardWith(said: Partial<Card> = {}): Card {
  return {
    callId: "call-1",
    legId: "1.1",
    extension: "201",
    state: "talking",
    direction: "outbound",
    peer: "79001234567",
    peerLegId: null,
    waitingLegId: null,
    isFetching: false,
    since: 1_000,
    pickedUp: true,
    ...said,
  };
}
