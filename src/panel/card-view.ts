/** One employee's phone in a live call, as his panel shows it: names instead of ids, numbers as people read them. Pure. */
import type { Call, Card, Transfer } from "../calls/call.ts";
import type { PhoneAbilities } from "../calls/phone-control.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import { isHidden, readPhoneKey } from "../clients/phone-key.ts";
import { toReadablePhone } from "../clients/readable-phone.ts";
import type { HandOverNote } from "../control/hand-over-notes.ts";
import { type Account, type Employee, findEmployeeByExtension, findLine } from "../directory/directory.ts";
import { impossible } from "../lib/impossible.ts";
import type { PanelAccount } from "./ports.ts";
import type {
  CardCommand,
  CardView,
  ClientView,
  NoteView,
  TransferView,
  ViaView,
  WireState,
  WireView,
} from "./protocol.ts";

/** A card and the call it belongs to. */
export interface OwnCard {
  readonly card: Card;
  readonly call: Call;
}

/** What stands around a card beside its call. */
export interface CardSurroundings {
  readonly clients: readonly Client[];
  readonly note: HandOverNote | undefined;
  /** The employee asked for the return of what he had handed over. */
  readonly takenBack: boolean;
  /** Extension at which it rang, when the own phone rings because of the employee's own pick-up. */
  readonly pickedUpFrom: string | null;
  readonly abilities: PhoneAbilities;
}

export function toCardView(
  { card, call }: OwnCard,
  { clients, note, takenBack, pickedUpFrom, abilities }: CardSurroundings,
  panelAccount: PanelAccount,
): CardView {
  const { account, currency } = panelAccount;
  const transfer = ownTransferOf(card, call, { note, takenBack }, panelAccount);
  const colleague = findColleague(card, account);
  const shown = shownPeer({ card, call }, account);
  const isColleague = colleague !== undefined && shown === card.peer;
  const number = isColleague ? { shown, e164: null } : toShownNumber(shown, account.country);
  return {
    callId: card.callId,
    legId: card.legId,
    // With the sides swapped he talks to the client, and is in the consultation yet.
    state: card.state === "talking" && card.waitingLegId !== null ? "consult-talking" : card.state,
    pickedUp: card.pickedUp,
    direction: card.direction,
    number: number.shown,
    e164: number.e164,
    line: lineOf(call, account),
    startedAt: call.startedAt,
    talkSince: talkSinceOf(card, call),
    clients: clients.map((client) => toClientView(client, account.language, currency)),
    colleague: colleague?.name ?? null,
    via: viaOf(card, call, pickedUpFrom, account),
    wire: wireOf(card),
    transfer,
    note: noteFor(card, note, account),
    can: commandsFor(card, call, abilities),
    transfersOutside: abilities.outsideTargets,
  };
}

/** Why it rings here: a colleague hands it over, or the PBX was asked to ring this phone for a client of his. */
function viaOf(card: Card, call: Call, pickedUpFrom: string | null, account: Account): ViaView | null {
  if (card.pickedUp) return null;
  if (pickedUpFrom !== null) return { kind: "pick-up", colleague: nameOf(pickedUpFrom, account) };
  const transfer = call.transfers.findLast(({ kind, to }) => (kind === "blind" || kind === "attended") && to !== null);
  if (transfer?.to === card.extension && transfer.result === "pending") {
    return { kind: "transfer", colleague: nameOf(transfer.by, account) };
  }
  if (card.state !== "ringing" || !card.isFetching) return null;
  const rung = call.cards.find((other) => other !== card && other.state === "ringing" && !other.isFetching);
  return { kind: "interception", colleague: nameOf(rung?.extension ?? null, account) };
}

function wireOf({ state, waitingLegId, peerLegId }: Card): WireView {
  switch (state) {
    case "calling":
    case "ringing":
      return { client: "rings", colleague: null };
    case "talking":
      return { client: "talks", colleague: waitingLegId === null ? null : "music" };
    case "hold":
      return { client: "music", colleague: null };
    case "consult-calling":
    case "consult-talking": {
      const colleague: WireState = peerLegId === null ? "nothing" : state === "consult-calling" ? "rings" : "talks";
      // The one who is consulted sees a client who waits for another; for himself there is but one wire.
      return waitingLegId === null ? { client: colleague, colleague: null } : { client: "music", colleague };
    }
    default:
      return impossible(state);
  }
}

function ownTransferOf(
  card: Card,
  call: Call,
  { note, takenBack }: Pick<CardSurroundings, "note" | "takenBack">,
  account: PanelAccount,
): TransferView | null {
  const own = call.transfers.findLast(
    ({ kind, by }) => (kind === "attended" || kind === "blind") && by === card.extension,
  );
  if (own === undefined) return null;
  // It came to nothing because whoever waited has left: this is the talk with the colleague, and nobody is back.
  if (own.result === "failed" && own.transfereeLegId !== card.peerLegId) return null;
  const isWritten = own.result === "pending" && note?.by === card.extension && note.to === own.to;
  const view = transferViewOf(own, card, account);
  const state = view.state === "returned" && takenBack ? "taken-back" : view.state;
  return { ...view, state, note: isWritten ? note.text : null };
}

/** @param card the own card in a consultation; null when there is none */
export function transferViewOf(transfer: Transfer, card: Card | null, { account }: PanelAccount): TransferView {
  const { kind, to, at, result, settledAt } = transfer;
  const isSwapped =
    card?.peerLegId != null && card.peerLegId === transfer.transfereeLegId && card.waitingLegId !== null;
  const state =
    result !== "pending"
      ? result
      : isSwapped
        ? "swapped"
        : card?.state === "consult-talking"
          ? "consulting"
          : "calling";
  return {
    kind: kind === "attended" ? "attended" : "blind",
    to: to === null ? null : toShownNumber(to, account.country).shown,
    toName: nameOf(to, account),
    state,
    note: null,
    at,
    since: settledAt ?? (card && state !== "calling" ? card.since : at),
  };
}

function noteFor({ extension }: Card, note: HandOverNote | undefined, account: Account): NoteView | null {
  if (note?.to !== extension) return null;
  return { text: note.text, from: nameOf(note.by, account) ?? note.by };
}

/** What the card's state allows and the PBX can do. */
function commandsFor(card: Card, call: Call, can: PhoneAbilities): CardCommand[] {
  const hasPeer = card.peerLegId !== null;
  const isConsulting = card.waitingLegId !== null;
  const allowed: Readonly<Partial<Record<CardCommand, boolean>>> = {
    "hang-up": true,
    "blind-transfer":
      hasPeer &&
      !isConsulting &&
      ((card.state === "ringing" && can.sendOn) ||
        ((card.state === "talking" || card.state === "hold") && can.handOver)),
    "attended-transfer": hasPeer && !isConsulting && card.state === "talking" && can.consult,
    "complete-transfer": isConsulting,
    "cancel-transfer": isConsulting,
    swap: isConsulting && card.state !== "consult-calling" && can.swap,
    hold: hasPeer && !isConsulting && card.state === "talking" && can.hold,
    resume: card.state === "hold" && can.hold,
    park: hasPeer && !isConsulting && card.state === "talking" && can.park,
    "send-digits": hasPeer && !isConsulting && card.pickedUp && card.state === "talking" && can.sendDigits,
    "hand-over-note": call.transfers.some(({ by, result }) => by === card.extension && result === "pending"),
  };
  return (Object.keys(allowed) as CardCommand[]).filter((kind) => allowed[kind]); // the keys are those written above
}

function nameOf(extension: string | null, account: Account): string | null {
  return extension === null ? null : (findEmployeeByExtension(account, extension)?.name ?? null);
}

/** The outside number behind a card, for which clients are looked up; undefined among colleagues and for hidden numbers. */
export function clientNumberOf({ card, call }: OwnCard, account: Account): string | undefined {
  const peer = shownPeer({ card, call }, account);
  if (peer === null || isHidden(peer)) return undefined;
  return findEmployeeByExtension(account, peer) ? undefined : peer;
}

/** A client who waits while two colleagues talk about him is still whom the call is with. */
function shownPeer({ card, call }: OwnCard, account: Account): string | null {
  const isAboutClient = card.direction !== "internal" && findColleague(card, account) !== undefined;
  return isAboutClient ? (call.client ?? card.peer) : card.peer;
}

function findColleague({ peer }: Card, account: Account): Employee | undefined {
  return peer === null ? undefined : findEmployeeByExtension(account, peer);
}

interface ShownNumber {
  readonly shown: string | null;
  readonly e164: string | null;
}

/** Numbers are shown on many panels at every change, and reading one takes long: the last ones are remembered. */
const readNumbers = new Map<string, ShownNumber>();
const NUMBERS_REMEMBERED = 1_000;

export function toShownNumber(peer: string | null, country: string): ShownNumber {
  if (peer === null || isHidden(peer)) return { shown: null, e164: null };
  const key = `${country} ${peer}`;
  const known = readNumbers.get(key);
  if (known) return known;
  const e164 = readPhoneKey(peer, country)?.e164 ?? null;
  const number = { shown: e164 === null ? peer : toReadablePhone(e164), e164 };
  if (readNumbers.size >= NUMBERS_REMEMBERED) readNumbers.clear();
  readNumbers.set(key, number);
  return number;
}

export function lineOf({ did, queue }: Call, account: Account): string | null {
  if (did === null) return queue;
  return findLine(account, did)?.label ?? queue ?? did;
}

/** The client's talk; for a consultation with a colleague inside a client's call, the talk with him. */
function talkSinceOf(card: Card, call: Call): number | null {
  if (card.state === "ringing" || card.state === "calling") return null;
  const isConsulted = card.direction === "internal" && call.direction !== "internal";
  return isConsulted ? card.since : call.answeredAt;
}

export function toClientView(client: Client, language: string, currency: string): ClientView {
  const deal = client.openLeads[0];
  return {
    name: client.name,
    company: client.companyName,
    path: clientPath(client),
    deal: deal ? dealInWords(deal, language, currency) : null,
  };
}

/** Path of the client's card on the CRM's own host. */
export function clientPath({ kind, id }: Client): string {
  return kind === "contact" ? `/contacts/detail/${id}` : `/companies/detail/${id}`;
}

/** "480 000 ₽ · Договор · «Окна, 12 шт.»", without what is not known. */
function dealInWords(lead: OpenLead, language: string, currency: string): string {
  const price = new Intl.NumberFormat(language, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    maximumFractionDigits: 0,
  });
  const name = language === "ru" ? `«${lead.name}»` : `“${lead.name}”`;
  return [lead.price ? price.format(lead.price) : null, lead.statusName, lead.name.trim() === "" ? null : name]
    .filter((part) => part !== null)
    .join(" · ");
}
