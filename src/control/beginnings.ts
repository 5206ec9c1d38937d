/** Whether a command may be begun, for whom and on which legs, and the procedure that it runs by. Pure. */
import type { Call, Card } from "../calls/call.ts";
import { DIAL_REQUEST_PREFIX, FETCH_REQUEST_PREFIX } from "../calls/call-id.ts";
import type { LegId } from "../calls/leg-event.ts";
import type { PhoneAbilities } from "../calls/phone-control.ts";
import type { DeviceState } from "../calls/presence.ts";
import { isOutsideNumber, sameNumber } from "../calls/sides.ts";
import type { Employee } from "../directory/directory.ts";
import { attendedTransferProcedure } from "./attended-transfer.ts";
import { blindTransferProcedure } from "./blind-transfer.ts";
import type { CommandKind, LegOfCall, PhoneCommand, PhoneRefusal } from "./command.ts";
import {
  type ConsultationContext,
  cancelTransferProcedure,
  completeSwappedProcedure,
  completeTransferProcedure,
  isConsulting,
  swapProcedure,
} from "./consultation.ts";
import { dialProcedure } from "./dial.ts";
import { fetchProcedure } from "./fetch.ts";
import { hangUpProcedure } from "./hang-up.ts";
import { holdProcedure } from "./hold.ts";
import { parkProcedure } from "./park.ts";
import { cardOf, type Procedure } from "./procedure.ts";
import { type Runnable, toRunnable } from "./running-command.ts";
import { sendDigitsProcedure } from "./send-digits.ts";
import { takeBackProcedure } from "./take-back.ts";

/** What must be known to begin a command. */
export interface Office {
  /** The live calls of the PBX that is commanded, and of no other: what is not among them cannot be commanded. */
  readonly calls: readonly Call[];
  readonly abilities: PhoneAbilities;
  /** How long phones are let ring. */
  readonly ringSeconds: number;
  deviceOf(extension: string): DeviceState;
  /** As far as is known, this phone does what a NOTIFY asks of it. */
  obeys(extension: string): boolean;
  /** It is a line of the company: clients may be shown no other. */
  hasLine(line: string): boolean;
  /** The caller is the employee's own client, and rings elsewhere. */
  isOffered(callId: string, employee: Employee): boolean;
  /** Makes the id of a leg that is yet to be. */
  newLegId(prefix: string): string;
}

/** A command that may be run. */
export interface Beginning {
  readonly run: Runnable;
  /** Two commands with the same lock never run at once on what has not shown its effect yet. */
  readonly lock: string;
  /** The employee's own phone that it is about. */
  readonly extension: string;
  readonly callId: string | null;
  readonly target: string | null;
  /** Id of the leg that the PBX was asked to make. */
  readonly madeLeg: string | null;
}

type CommandOf<K extends CommandKind> = Extract<PhoneCommand, { readonly kind: K }>;
type Begin<K extends CommandKind> = (by: Employee, command: CommandOf<K>, office: Office) => Beginning | PhoneRefusal;

/** `hand-over-note` asks nothing of the phones and is the desk's own. */
export type PhoneCommandKind = Exclude<CommandKind, "hand-over-note">;

export function begin(
  by: Employee,
  command: Exclude<PhoneCommand, { readonly kind: "hand-over-note" }>,
  office: Office,
): Beginning | PhoneRefusal {
  // The table's entry takes what the key promises; the compiler cannot follow a key that is a union.
  const beginning = BEGINNINGS[command.kind] as Begin<typeof command.kind>;
  return beginning(by, command, office);
}

const BEGINNINGS: { readonly [K in PhoneCommandKind]: Begin<K> } = {
  dial: (by, { number, from, line }, office) => beginDial(by, asDialled(number), { from, line }, office),
  "hang-up": (by, command, office) =>
    withOwnCard(by, command, office, ({ card, call }) =>
      // a ringing phone that is hung up refuses the call; one that is still called for its own dial just ends it
      onLeg(card, hangUpProcedure(call.id, card.legId, card.state === "ringing")),
    ),
  "blind-transfer": (by, command, office) =>
    withOwnCard(by, command, office, (own) => beginBlind(own, command, office)),
  "take-back": (by, { callId }, office) => beginTakeBack(by, callId, office),
  "attended-transfer": (by, command, office) =>
    withOwnCard(by, command, office, ({ card, call }) => {
      if (!office.abilities.consult) return "not-supported";
      if (!isPlainTalk(card) || card.peerLegId === null) return "wrong-moment";
      const to = asDialled(command.to);
      if (office.deviceOf(to) === "offline") return "target-unreachable";
      return onLeg(
        card,
        attendedTransferProcedure({
          ...handingOver(call, card),
          peerLegId: card.peerLegId,
          to,
          note: command.note ?? null,
        }),
        to,
      );
    }),
  "complete-transfer": (by, command, office) =>
    withConsultation(by, command, office, ({ card, consultation, waiting }) => {
      const { colleague } = consultation;
      return colleague === waiting
        ? onLeg(card, completeSwappedProcedure({ ...consultation, colleague }))
        : onLeg(card, completeTransferProcedure(consultation));
    }),
  "cancel-transfer": (by, command, office) =>
    withConsultation(by, command, office, ({ card, consultation }) =>
      onLeg(card, cancelTransferProcedure(consultation)),
    ),
  swap: (by, command, office) =>
    withConsultation(by, command, office, ({ card, consultation, waiting }) => {
      if (!office.abilities.swap) return "not-supported";
      return card.state !== "consult-calling" ? onLeg(card, swapProcedure(consultation, waiting)) : "wrong-moment";
    }),
  take: (by, { callId }, office) => {
    const call = findCall(callId, office);
    if (call === undefined) return "no-such-call";
    if (!office.isOffered(callId, by) && !by.manager) return "not-your-client";
    if (call.clientLegId === null) return "client-left";
    const ringing = call.cards.find((card) => card.state === "ringing" && card.peerLegId === call.clientLegId);
    return beginFetch(by, call, call.clientLegId, ringing, office);
  },
  "pick-up": (by, { callId, extension }, office) => {
    const call = findCall(callId, office);
    const rung = call?.cards.find((card) => card.extension === extension);
    if (call === undefined || rung === undefined) return "no-such-call";
    if (rung.state !== "ringing" || rung.peerLegId === null) return "wrong-moment";
    return beginFetch(by, call, rung.peerLegId, rung, office);
  },
  park: (by, command, office) =>
    withOwnCard(by, command, office, ({ card, call }) => {
      if (!office.abilities.park) return "not-supported";
      if (!isPlainTalk(card) || card.peerLegId === null) return "wrong-moment";
      return onLeg(card, parkProcedure(call.id, card.peerLegId));
    }),
  retrieve: (by, { callId }, office) => {
    const call = findCall(callId, office);
    if (call === undefined) return "no-such-call";
    if (call.parked === null) return "wrong-moment";
    return beginDial(by, call.parked.slot, {}, office, call);
  },
  hold: (by, command, office) => withOwnCard(by, command, office, (own) => beginHold("hold", own, office)),
  resume: (by, command, office) => withOwnCard(by, command, office, (own) => beginHold("resume", own, office)),
  "send-digits": (by, command, office) =>
    withOwnCard(by, command, office, ({ card }) => {
      if (!office.abilities.sendDigits) return "not-supported";
      if (!card.pickedUp || card.peerLegId === null || card.state === "consult-calling") return "wrong-moment";
      return onLeg(card, sendDigitsProcedure(card.peerLegId, command.digits));
    }),
};

interface OwnCard {
  readonly card: Card;
  readonly call: Call;
}

/** The card that a command is about, if the employee may command it. */
export function findOwnCard(
  by: Employee,
  { callId, legId }: LegOfCall,
  calls: readonly Call[],
): OwnCard | PhoneRefusal {
  const call = calls.find(({ id }) => id === callId);
  if (call === undefined) return "no-such-call";
  const card = cardOf(call, legId);
  return card !== undefined && (by.manager || by.extensions.includes(card.extension)) ? { card, call } : "not-your-leg";
}

function withOwnCard(
  by: Employee,
  leg: LegOfCall,
  { calls }: Office,
  then: (own: OwnCard) => Beginning | PhoneRefusal,
): Beginning | PhoneRefusal {
  const own = findOwnCard(by, leg, calls);
  return typeof own === "string" ? own : then(own);
}

function withConsultation(
  by: Employee,
  leg: LegOfCall,
  office: Office,
  then: (own: {
    readonly card: Card;
    readonly consultation: ConsultationContext;
    readonly waiting: LegId;
  }) => Beginning | PhoneRefusal,
): Beginning | PhoneRefusal {
  return withOwnCard(by, leg, office, ({ card, call }) => {
    const { legId, peerLegId: peer, waitingLegId: waiting } = card;
    if (waiting === null) return "wrong-moment";
    const isSwapped =
      peer !== null &&
      call.transfers.some(({ result, transfereeLegId }) => result === "pending" && transfereeLegId === peer);
    const sides = isSwapped ? { client: peer, colleague: waiting } : { client: waiting, colleague: peer };
    return then({ card, consultation: { callId: call.id, legId, ...sides }, waiting });
  });
}

function beginDial(
  by: Employee,
  number: string,
  { from, line }: { readonly from?: string | undefined; readonly line?: string | undefined },
  office: Office,
  parked?: Call,
): Beginning | PhoneRefusal {
  const { abilities, calls, ringSeconds } = office;
  const mobile = from !== undefined && sameNumber(from, by.mobile ?? null) ? from : undefined;
  const extension = mobile === undefined ? (from ?? by.extensions[0]) : by.extensions[0];
  if (extension === undefined) return "no-extension";
  if (!by.extensions.includes(extension)) return "not-your-leg";
  const isLacking = (mobile !== undefined && !abilities.mobileFirst) || (line !== undefined && !abilities.chooseLine);
  if (isLacking) return "not-supported";
  if (line !== undefined && !office.hasLine(line)) return "no-such-line";
  const shownLine = line ?? (abilities.chooseLine && isOutsideNumber(number) ? by.line : null);
  const legId = office.newLegId(DIAL_REQUEST_PREFIX);
  const run = toRunnable(
    dialProcedure({
      legId,
      extension,
      number,
      wasOnCall: calls.some(({ cards }) => cards.some((card) => card.extension === extension)),
      ringSeconds,
      how: {
        ...(parked !== undefined && parked.client !== null && { shows: parked.client }),
        ...(mobile !== undefined && { mobile }),
        ...(shownLine != null && { line: shownLine }),
        ...(by.autoAnswer && { autoAnswer: by.autoAnswer === "off" ? null : by.autoAnswer }),
      },
    }),
  );
  const callId = parked?.id ?? null;
  return { run, lock: `dial ${by.extensions[0]}`, extension, callId, target: number, madeLeg: legId };
}

function beginBlind(
  { card, call }: OwnCard,
  { to: typed, note }: CommandOf<"blind-transfer">,
  { abilities, ringSeconds, deviceOf }: Office,
): Beginning | PhoneRefusal {
  const isRinging = card.state === "ringing";
  if (!(isRinging ? abilities.sendOn : abilities.handOver)) return "not-supported";
  const isTalking = isPlainTalk(card) || card.state === "hold";
  if ((!isRinging && !isTalking) || card.peerLegId === null) return "wrong-moment";
  const to = asDialled(typed);
  if (deviceOf(to) === "offline") return "target-unreachable";
  const context = {
    ...handingOver(call, card),
    peerLegId: card.peerLegId,
    isRinging,
    to,
    note: note ?? null,
    ringSeconds,
    canReturn: () => deviceOf(card.extension) !== "offline",
  };
  return onLeg(card, blindTransferProcedure(context), to);
}

/** Not so with the sides of a consultation swapped: the colleague waits, and the PBX hears nothing but how that goes on. */
function isPlainTalk(card: Card): boolean {
  return card.state === "talking" && !isConsulting(card);
}

function beginHold(ask: "hold" | "resume", { card, call }: OwnCard, office: Office): Beginning | PhoneRefusal {
  if (!office.abilities.hold) return "not-supported";
  if (!office.obeys(card.extension)) return "phone-ignores-it";
  if (ask === "hold" ? !isPlainTalk(card) : card.state !== "hold") return "wrong-moment";
  return onLeg(card, holdProcedure(ask, call.id, card.legId));
}

function beginTakeBack(by: Employee, callId: string, office: Office): Beginning | PhoneRefusal {
  const call = findCall(callId, office);
  if (call === undefined) return "no-such-call";
  const transfer = call.transfers.findLast(({ kind }) => kind === "blind");
  const extension = by.extensions.find((own) => own === transfer?.by) ?? (by.manager ? by.extensions[0] : undefined);
  if (transfer === undefined || extension === undefined) return "not-your-leg";
  if (transfer.result !== "pending" || transfer.transfereeLegId === null) return "wrong-moment";
  // whoever is sent to a phone that cannot ring has nowhere to go
  if (office.deviceOf(extension) === "offline") return "own-phone-offline";
  const run = toRunnable(takeBackProcedure({ callId, extension, client: transfer.transfereeLegId }));
  return { run, lock: `leg ${transfer.transfereeLegId}`, extension, callId, target: null, madeLeg: null };
}

function beginFetch(
  by: Employee,
  call: Call,
  client: string,
  ringing: Card | undefined,
  office: Office,
): Beginning | PhoneRefusal {
  const { abilities, ringSeconds, deviceOf } = office;
  const [extension] = by.extensions;
  if (extension === undefined) return "no-extension";
  if (!abilities.fetch) return "not-supported";
  if (deviceOf(extension) === "offline") return "own-phone-offline";
  if (call.cards.some((card) => card.peerLegId === client && card.pickedUp)) return "answered-elsewhere";
  if (call.cards.some((card) => card.extension === extension)) return "already-running"; // it rings here already
  const legId = office.newLegId(FETCH_REQUEST_PREFIX);
  const shows = (client === call.clientLegId ? call.client : ringing?.peer) ?? "";
  const run = toRunnable(
    fetchProcedure({
      callId: call.id,
      legId,
      extension,
      client,
      ringing: ringing?.legId ?? null,
      shows,
      ringSeconds,
    }),
  );
  return { run, lock: `fetch ${extension}`, extension, callId: call.id, target: null, madeLeg: legId };
}

function onLeg<S extends { readonly state: string }>(
  card: Card,
  procedure: Procedure<S>,
  target: string | null = null,
): Beginning {
  const { legId, callId, extension } = card;
  return { run: toRunnable(procedure), lock: `leg ${legId}`, extension, callId, target, madeLeg: null };
}

function handingOver(call: Call, { legId, extension }: Card) {
  return { callId: call.id, legId, extension, transfersBefore: call.transfers.length };
}

function findCall(callId: string, { calls }: Office): Call | undefined {
  return calls.find(({ id }) => id === callId);
}

/** "+7 (916) 123-45-67" as people write it, without what only helps the eye. */
export function asDialled(typed: string): string {
  return typed.replace(/[\s()\-.]/g, "");
}
