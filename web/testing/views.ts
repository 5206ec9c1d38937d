/** Small views of calls and colleagues for tests and pictures: what matters is given, the rest is a quiet incoming call. */
import type {
  CardView,
  Colleague,
  DistantCallView,
  HandedOverView,
  LiveState,
  OfferView,
  ParkedView,
  RecentView,
  TransferView,
} from "../../src/panel/protocol.ts";

const well = { state: "ok", since: 0, reason: null } as const;

/** Nothing goes on, and all is well. */
export const QUIET: LiveState = {
  cards: [],
  ended: [],
  offers: [],
  handedOver: [],
  parked: [],
  colleagues: [],
  lamps: { pbx: well, crm: { ...well, waiting: 0 }, phone: well },
};

export function aCard(part: Partial<CardView> = {}): CardView {
  return {
    callId: "c1",
    legId: "l1",
    state: "ringing",
    pickedUp: false,
    direction: "inbound",
    number: "+7 916 123-45-67",
    e164: "+79161234567",
    line: "Отдел продаж",
    startedAt: 1_000,
    talkSince: null,
    clients: [{ name: "Анна Кравцова", company: "ООО «Окна Севера»", path: "/contacts/detail/1", deal: null }],
    colleague: null,
    via: null,
    wire: { client: "rings", colleague: null },
    transfer: null,
    note: null,
    can: ["hang-up"],
    transfersOutside: false,
    ...part,
  };
}

/** A talk that may be handed over in every way. */
export function aTalk(part: Partial<CardView> = {}): CardView {
  return aCard({
    state: "talking",
    pickedUp: true,
    talkSince: 2_000,
    wire: { client: "talks", colleague: null },
    can: ["hang-up", "blind-transfer", "attended-transfer", "park", "send-digits"],
    ...part,
  });
}

export function aTransfer(part: Partial<TransferView> = {}): TransferView {
  return {
    kind: "attended",
    to: "205",
    toName: "Мария Верхнеудинская",
    state: "calling",
    note: null,
    at: 3_000,
    since: 3_000,
    ...part,
  };
}

/** The client waits with music while Мария is asked. */
export function aConsultation(state: "consult-calling" | "consult-talking", part: Partial<CardView> = {}): CardView {
  const calling = state === "consult-calling";
  return aTalk({
    state,
    wire: { client: "music", colleague: calling ? "rings" : "talks" },
    transfer: aTransfer({ state: calling ? "calling" : "consulting" }),
    can: ["hang-up", "complete-transfer", "cancel-transfer", "hand-over-note", ...(calling ? [] : ["swap" as const])],
    ...part,
  });
}

function aDistantCall(): DistantCallView {
  const { callId, number, e164, line, clients } = aCard();
  return { callId, number, e164, line, clients };
}

export function anOffer(part: Partial<OfferView> = {}): OfferView {
  return { ...aDistantCall(), since: 1_000, ringsAt: ["Игорь Савельев"], takenBy: null, ...part };
}

export function aParked(part: Partial<ParkedView> = {}): ParkedView {
  return { ...aDistantCall(), slot: "701", since: 1_000, by: null, ...part };
}

export function aHandedOver(transfer: Partial<TransferView> = {}): HandedOverView {
  const view = aTransfer({ kind: "blind", ...transfer });
  return { ...aDistantCall(), transfer: view, canTakeBack: view.state === "calling" };
}

/** A call of Анна that was answered; what matters is given. */
export function aRecent(part: Partial<RecentView> = {}): RecentView {
  return {
    callId: "c1",
    direction: "inbound",
    outgoing: false,
    number: "+7 916 123-45-67",
    e164: "+79161234567",
    name: "Анна Кравцова",
    path: "/contacts/detail/1",
    startedAt: 1_000,
    talkSeconds: 0,
    result: "answered",
    ...part,
  };
}

export function aColleague(extension: string, name: string, part: Partial<Colleague> = {}): Colleague {
  return { extension, name, department: null, presence: "free", since: null, rings: null, queue: null, ...part };
}
