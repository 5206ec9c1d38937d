/** One employee's phone in a live call, as his panel shows it: names instead of ids, numbers as people read them. Pure. */
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import type { Call, Card } from "../calls/call.ts";
import type { Client, OpenLead } from "../clients/client.ts";
import { isHidden, readPhoneKey } from "../clients/phone-key.ts";
import { type Account, findEmployeeByExtension, findLine } from "../directory/directory.ts";
import type { PanelAccount } from "./ports.ts";
import type { CardView, ClientView } from "./protocol.ts";

/** A card and the call it belongs to. */
export interface OwnCard {
  readonly card: Card;
  readonly call: Call;
}

export function toCardView(
  { card, call }: OwnCard,
  clients: readonly Client[],
  { account, currency }: PanelAccount,
): CardView {
  const colleague = card.peer === null ? undefined : findEmployeeByExtension(account, card.peer);
  const number = colleague ? { shown: card.peer, e164: null } : toShownNumber(card.peer, account.country);
  return {
    callId: card.callId,
    legId: card.legId,
    state: card.state,
    pickedUp: card.pickedUp,
    direction: card.direction,
    number: number.shown,
    e164: number.e164,
    line: lineOf(call, account),
    startedAt: call.startedAt,
    talkSince: talkSinceOf(card, call),
    clients: clients.map((client) => toClientView(client, account.language, currency)),
    colleague: colleague?.name ?? null,
  };
}

/** The outside number behind a card, for which clients are looked up; undefined among colleagues and for hidden numbers. */
export function clientNumberOf(card: Card, account: Account): string | undefined {
  if (card.peer === null || isHidden(card.peer)) return undefined;
  return findEmployeeByExtension(account, card.peer) ? undefined : card.peer;
}

function toShownNumber(peer: string | null, country: string): { shown: string | null; e164: string | null } {
  if (peer === null || isHidden(peer)) return { shown: null, e164: null };
  const e164 = readPhoneKey(peer, country)?.e164 ?? null;
  return { shown: e164 === null ? peer : readably(e164), e164 };
}

/** "+7 916 123-45-67": the last seven digits in the pairs that Russian and its neighbours' numbers are read in. */
function readably(e164: string): string {
  const international = parsePhoneNumberFromString(e164)?.formatInternational() ?? e164;
  return international.replace(/(\d{3}) (\d{2}) (\d{2})$/, "$1-$2-$3");
}

function lineOf({ did, queue }: Call, account: Account): string | null {
  if (did === null) return queue;
  return findLine(account, did)?.label ?? queue ?? did;
}

/** The client's talk; for a consultation with a colleague inside a client's call, the talk with him. */
function talkSinceOf(card: Card, call: Call): number | null {
  if (card.state === "ringing" || card.state === "calling") return null;
  const isConsulted = card.direction === "internal" && call.direction !== "internal";
  return isConsulted ? card.since : call.answeredAt;
}

function toClientView(client: Client, language: string, currency: string): ClientView {
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
