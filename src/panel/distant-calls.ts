/** Calls that an employee has no leg in and may act on nevertheless: handed over by him, parked, his client's. Pure. */
import type { Call, Transfer } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { isHidden } from "../clients/phone-key.ts";
import { type Employee, findEmployeeByExtension } from "../directory/directory.ts";
import { lineOf, toClientView, toShownNumber, transferViewOf } from "./card-view.ts";
import type { Offer, PanelAccount } from "./ports.ts";
import type { DistantCallView, HandedOverView, OfferView, ParkedView, TransferView } from "./protocol.ts";

/** All of them in one account, as far as this employee may see them. */
export interface DistantCalls {
  readonly offers: readonly Offer[];
  readonly handedOver: readonly Call[];
  readonly parked: readonly Call[];
}

export function distantCallsOf(
  employee: Employee,
  calls: readonly Call[],
  offers: readonly Offer[],
  { account }: PanelAccount,
): DistantCalls {
  const hasOwnCard = (call: Call) => call.cards.some(({ extension }) => employee.extensions.includes(extension));
  return {
    // What he gave away himself he may take back, and a parked call is to be fetched: neither rings for him.
    offers: offers.filter(
      ({ call }) => !hasOwnCard(call) && ownBlindTransfer(call, employee) === undefined && call.parked === null,
    ),
    handedOver: calls.filter((call) => ownBlindTransfer(call, employee) !== undefined && !hasOwnCard(call)),
    parked: calls.filter(({ parked }) => {
      const by = parked?.by == null ? undefined : findEmployeeByExtension(account, parked.by);
      return parked !== null && (employee.manager || by === employee || areColleagues(by, employee));
    }),
  };
}

export function areColleagues(one: Employee | undefined, other: Employee): boolean {
  return one !== undefined && one.department !== null && one.department === other.department;
}

/** The client's number behind a distant call, for which clients are looked up. */
export function distantNumberOf({ client }: Call): string | undefined {
  return client === null || isHidden(client) ? undefined : client;
}

export function toOfferView({ call, takenBy }: Offer, clients: readonly Client[], account: PanelAccount): OfferView {
  const ringing = call.cards.filter(({ state }) => state === "ringing");
  return {
    ...toDistantView(call, clients, account),
    since: call.startedAt,
    ringsAt: ringing.map(({ extension }) => nameOf(extension, account)),
    takenBy: takenBy === null ? null : nameOf(takenBy, account),
  };
}

export function toHandedOverView(
  call: Call,
  employee: Employee,
  clients: readonly Client[],
  account: PanelAccount,
): HandedOverView[] {
  const transfer = ownBlindTransfer(call, employee);
  if (transfer === undefined) return [];
  return [
    {
      ...toDistantView(call, clients, account),
      transfer: withTalker(transferViewOf(transfer, null, account), call, account),
      canTakeBack: transfer.result === "pending" && transfer.transfereeLegId !== null,
    },
  ];
}

/** A queue or a group has no name: whoever of it has the client now stands in its place. */
function withTalker(transfer: TransferView, { cards, clientLegId }: Call, { account }: PanelAccount): TransferView {
  if (transfer.state !== "completed" || transfer.toName !== null) return transfer;
  const talker = cards.find(({ state, peerLegId }) => state === "talking" && peerLegId === clientLegId);
  const toName = talker && findEmployeeByExtension(account, talker.extension)?.name;
  return toName === undefined ? transfer : { ...transfer, toName };
}

export function toParkedView(call: Call, clients: readonly Client[], account: PanelAccount): ParkedView[] {
  const { parked } = call;
  if (parked === null) return [];
  const by = parked.by === null ? null : nameOf(parked.by, account);
  return [{ ...toDistantView(call, clients, account), slot: parked.slot, since: parked.since, by }];
}

function toDistantView(call: Call, clients: readonly Client[], { account, currency }: PanelAccount): DistantCallView {
  const { shown, e164 } = toShownNumber(call.client, account.country);
  return {
    callId: call.id,
    number: shown,
    e164,
    line: lineOf(call, account),
    clients: clients.map((client) => toClientView(client, account.language, currency)),
  };
}

function ownBlindTransfer({ transfers }: Call, { extensions }: Employee): Transfer | undefined {
  const last = transfers.findLast(({ kind }) => kind === "blind");
  return last?.by != null && extensions.includes(last.by) ? last : undefined;
}

function nameOf(extension: string, { account }: PanelAccount): string {
  return findEmployeeByExtension(account, extension)?.name ?? extension;
}
