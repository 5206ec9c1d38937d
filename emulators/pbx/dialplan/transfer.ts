import type { Bridge } from "../exchange/bridge.ts";
import { type Channel, NOBODY } from "../exchange/channel.ts";
import { Dial } from "../exchange/dial.ts";
import type { Exchange } from "../exchange/exchange.ts";
import type { Line } from "../packet-text.ts";
import type { Dialplan } from "./dialplan.ts";

/** How long the busy tone is heard before a refused consultation ends, and how long an unknown number keeps the employee in a prompt. */
const BUSY_TONE_MS = 2000;
const UNKNOWN_NUMBER_MS = 18_000;
/** Asterisk types the feature code and digits as if on the phone: measured before Hold, and from Hold to the new channels. */
const TYPING_MS = 246;
const DIALLING_MS = 137;

/**
 * A consultation in progress (AMI Atxfer, or the feature code on the phone):
 * the client waits in the old bridge with music, the transferrer stands with `Local;1` in the new one.
 */
interface Consultation {
  readonly transferrer: Channel;
  readonly transferee: Channel;
  readonly talk: Bridge;
  readonly bridge: Bridge;
  readonly local: Channel;
  readonly timer: NodeJS.Timeout;
  answered: boolean;
  /** The transferrer talks to the client, and the target waits. */
  swapped: boolean;
}

/** Transfers: blind, attended by the PBX, attended by the phone itself. */
export class Transfers {
  readonly #exchange: Exchange;
  readonly #dialplan: Dialplan;
  readonly #noAnswerMs: number;
  readonly #consultations = new Set<Consultation>();
  /** Transferrers who left before the target answered: their Hangup is told only when it does (09b, m10c). */
  readonly #departed = new Map<Channel, Consultation>();

  constructor(dialplan: Dialplan, noAnswerMs: number) {
    this.#dialplan = dialplan;
    this.#exchange = dialplan.exchange;
    this.#noAnswerMs = noAnswerMs;
    this.#exchange.beforeHangup = (channel) => this.#onHangup(channel);
    this.#exchange.watchers.add((channel) => this.#onChange(channel));
  }

  /** Hands the other side of the talk to a number, unannounced. False when the channel is in no talk. */
  blind(transferrer: Channel, context: string, exten: string): boolean {
    const exchange = this.#exchange;
    const bridge = transferrer.bridge;
    const transferee = bridge?.otherThan(transferrer);
    if (!bridge || !transferee || bridge.kind !== "basic") return false;
    exchange.tell("Unhold", transferrer);
    exchange.stopMusic(transferee);
    exchange.emit("BlindTransfer", "call", [
      ["Result", "Success"],
      ...transferrer.lines(exchange.profile, "Transferer"),
      ...transferee.lines(exchange.profile, "Transferee"),
      ...bridge.lines(),
      ["IsExternal", "Yes"],
      ["Context", context],
      ["Extension", exten],
    ]);
    transferee.at(context, exten);
    exchange.leave(transferee, true);
    exchange.leave(transferrer, true);
    exchange.hangup(transferrer, 16);
    const by = [...this.#dialplan.phones.values()].find((phone) => phone === transferrer.device);
    transferee.set("BLINDTRANSFER", transferrer.name);
    if (by) transferee.set("BLINDTRANSFER_EXTENSION", by.employee.extension);
    this.#dialplan.go(transferee, context, exten);
    return true;
  }

  /** Starts a consultation as AMI's Atxfer does; what cannot work is silently not done, like there. */
  attended(transferrer: Channel, context: string, exten: string): void {
    const exchange = this.#exchange;
    exchange.later(exchange.paced(TYPING_MS), () => {
      const talk = transferrer.bridge;
      const transferee = talk?.otherThan(transferrer);
      if (!talk || !transferee || talk.kind !== "basic" || this.#of(transferrer)) return;
      exchange.tell("Hold", transferrer);
      exchange.startMusic(transferee);
      talk.optimises = false;
      const known = this.#dialplan.lookup(context, exten) !== undefined;
      exchange.later(known ? exchange.paced(DIALLING_MS) : UNKNOWN_NUMBER_MS, () => {
        if (transferrer.bridge !== talk || transferee.bridge !== talk) return;
        if (known) this.#consult(transferrer, transferee, talk, context, exten);
        else this.#resume(transferrer, transferee, talk);
      });
    });
  }

  /** The transferrer talks to whoever waited, and the other one waits. False when he is in no consultation that was answered. */
  swap(transferrer: Channel): boolean {
    const exchange = this.#exchange;
    const consultation = this.#of(transferrer);
    if (!consultation?.answered) return false;
    const { transferee, talk, bridge, local, swapped } = consultation;
    const [left, waits, joined, waited] = swapped
      ? [talk, transferee, bridge, local]
      : [bridge, local, talk, transferee];
    exchange.tell("Hold", transferrer);
    exchange.startMusic(waits);
    if (transferrer.bridge === left) exchange.leave(transferrer, true);
    exchange.enter(joined, transferrer);
    exchange.stopMusic(waited);
    exchange.tell("Unhold", transferrer);
    consultation.swapped = !swapped;
    return true;
  }

  /** Gives a consultation up: the transferrer is back with the client. */
  cancel(transferrer: Channel): void {
    const exchange = this.#exchange;
    exchange.later(exchange.paced(TYPING_MS), () => {
      const consultation = this.#of(transferrer);
      if (consultation) this.#back(consultation);
    });
  }

  /** The phone joins its two calls by itself (REFER with Replaces; capture 14). False when the two are not both in a talk. */
  byPhone(first: Channel, second: Channel): boolean {
    const exchange = this.#exchange;
    const [talk, consultation] = [first.bridge, second.bridge];
    const transferee = talk?.otherThan(first);
    const target = consultation?.otherThan(second);
    if (!talk || !consultation || !transferee || !target) return false;
    exchange.tell("Unhold", first);
    exchange.tell("Unhold", second);
    exchange.stopMusic(transferee);
    exchange.stopMusic(target);
    const before = [
      ["Result", "Success"] as const,
      ...first.lines(exchange.profile, "OrigTransferer"),
      ...talk.lines("Orig"),
      ...second.lines(exchange.profile, "SecondTransferer"),
      ...consultation.lines("Second"),
      ...transferee.lines(exchange.profile, "Transferee"),
      ...target.lines(exchange.profile, "TransferTarget"),
    ];
    exchange.leave(transferee, true);
    exchange.leave(second, true);
    exchange.enter(consultation, transferee, second);
    exchange.setConnected(transferee, target.callerId);
    exchange.setConnected(target, transferee.callerId);
    exchange.emit("AttendedTransfer", "call", [
      ...before,
      ["IsExternal", "No"],
      ["DestType", "Bridge"],
      ["DestBridgeUniqueid", consultation.uniqueid],
    ]);
    exchange.leave(first, true);
    for (const own of [first, second]) exchange.hangup(own, 16);
    return true;
  }

  // ---------------------------------------------------------------- a consultation's life

  #of(channel: Channel): Consultation | undefined {
    for (const one of this.#consultations) if (one.transferrer === channel) return one;
    return undefined;
  }

  #consult(transferrer: Channel, transferee: Channel, talk: Bridge, context: string, exten: string): void {
    const exchange = this.#exchange;
    const [one, two] = exchange.newPair({ context, exten, parent: transferrer, optimisable: true });
    exchange.setConnected(one, transferrer.callerId);
    const bridge = exchange.newBridge();
    bridge.optimises = false;
    exchange.setCallerId(two, transferrer.callerId);
    exchange.localBridge(one, two, context, exten);
    exchange.enter(bridge, one);
    exchange.leave(transferrer, true);
    exchange.enter(bridge, transferrer);
    exchange.setConnected(transferrer, NOBODY);
    const dial = new Dial(exchange, undefined, { single: true, keepsExten: true });
    dial.add(one, "", true);
    const timer = exchange.later(this.#noAnswerMs, () => {
      if (!consultation.answered && this.#consultations.has(consultation)) this.#back(consultation);
    });
    const consultation: Consultation = {
      transferrer,
      transferee,
      talk,
      bridge,
      local: one,
      timer,
      answered: false,
      swapped: false,
    };
    this.#consultations.add(consultation);
    void dial.result.then(({ status }) => {
      if (status === "ANSWER") this.#onAnswer(consultation);
    });
    this.#dialplan.go(two, context, exten);
  }

  #onAnswer(consultation: Consultation): void {
    consultation.answered = true;
    this.#exchange.cancelTimer(consultation.timer);
    for (const [channel, departed] of this.#departed) {
      if (departed !== consultation) continue;
      this.#departed.delete(channel);
      this.#exchange.destroyIfEmpty(consultation.bridge);
      this.#exchange.hangup(channel, 16);
      this.#allowFolding(consultation.talk, consultation.local);
    }
  }

  /** Refused, unanswered, given up: the transferrer returns into the old bridge, the rest ends. No AttendedTransfer is told. */
  #back(consultation: Consultation): void {
    const exchange = this.#exchange;
    const { transferrer, transferee, talk, local, swapped } = consultation;
    this.#forget(consultation);
    if (!swapped) {
      exchange.leave(transferrer, true);
      exchange.enter(talk, transferrer);
    }
    this.#resume(transferrer, transferee, talk);
    local.dialledBy?.abandon();
    exchange.hangup(local, 16);
    exchange.later(exchange.paced(360), () => {
      if (transferrer.bridge === talk) exchange.setConnected(transferrer, transferee.callerId);
    });
  }

  #resume(transferrer: Channel, transferee: Channel, talk: Bridge): void {
    this.#exchange.stopMusic(transferee);
    this.#exchange.tell("Unhold", transferrer);
    talk.optimises = true;
  }

  /** The transferrer leaves: the client and the target are joined, be it in the talk or while it still rings. */
  #complete(consultation: Consultation): void {
    const exchange = this.#exchange;
    const { transferrer, transferee, talk, bridge, local } = consultation;
    this.#forget(consultation);
    exchange.stopMusic(transferee);
    exchange.stopMusic(local);
    exchange.emit("BridgeMerge", "call", [...talk.lines("To"), ...bridge.lines("From")]);
    exchange.leave(local, true);
    exchange.enter(talk, local);
    exchange.emit("AttendedTransfer", "call", [
      ["Result", "Success"],
      ...transferrer.lines(exchange.profile, "OrigTransferer"),
      ...talk.lines("Orig"),
      ...transferrer.lines(exchange.profile, "SecondTransferer"),
      ...bridge.lines("Second"),
      ...transferee.lines(exchange.profile, "Transferee"),
      // While the target still rings there is nobody to name (m10c).
      ...(consultation.answered ? local.lines(exchange.profile, "TransferTarget") : []),
      ["IsExternal", "No"],
      ["DestType", "Bridge"],
      ["DestBridgeUniqueid", talk.uniqueid],
    ] satisfies Line[]);
    exchange.leave(transferrer, true);
    exchange.setConnected(transferee, local.callerId);
    exchange.setConnected(local, transferee.callerId);
    const two = local.peer;
    const target = two?.bridge?.otherThan(two) ?? two?.dialling?.ringingLegs[0];
    if (target) exchange.setConnected(target, transferee.callerId);
    if (two) exchange.setCallerId(two, transferee.callerId);
    if (consultation.answered) this.#allowFolding(talk, local);
  }

  #allowFolding(talk: Bridge, local: Channel): void {
    this.#exchange.later(this.#exchange.paced(400), () => {
      talk.optimises = true;
      this.#exchange.optimiser.consider(local);
    });
  }

  #forget(consultation: Consultation): void {
    this.#consultations.delete(consultation);
    this.#exchange.cancelTimer(consultation.timer);
  }

  /** Somebody of a consultation hangs up. True = the channel's end is told later. */
  #onHangup(channel: Channel): boolean {
    for (const consultation of this.#consultations) {
      if (consultation.transferrer === channel) {
        this.#complete(consultation);
        if (consultation.answered) return false;
        // A blonde transfer: the employee is free, his Hangup comes with the answer.
        this.#departed.set(channel, consultation);
        channel.device?.ended(channel, 16);
        return true;
      }
      if (consultation.transferee === channel) {
        this.#forget(consultation);
        if (consultation.swapped) {
          // He leaves the one he talks to while the target waits: everybody is hung up (seen on Asterisk 22).
          this.#exchange.hangup(consultation.local, 16);
          this.#exchange.hangup(consultation.transferrer, 16);
          return false;
        }
        // The client leaves: transferrer and target go on as a plain talk (10b).
        consultation.bridge.optimises = true;
        this.#exchange.later(this.#exchange.delay("optimise"), () =>
          this.#exchange.optimiser.consider(consultation.local),
        );
        return false;
      }
      if (consultation.local === channel) {
        // A refusal is heard as a busy tone first; the Local half stays until it ends.
        const tone = channel.peer?.hangupCause === 17 ? this.#exchange.paced(BUSY_TONE_MS) : 0;
        this.#exchange.later(tone, () => {
          if (this.#consultations.has(consultation)) this.#back(consultation);
        });
        return true;
      }
    }
    return false;
  }

  /** A target that never answers after the transferrer has gone ends what is left of both. */
  #onChange(changed: Channel): void {
    if (!changed.gone) return;
    for (const [channel, { local }] of this.#departed) {
      if (local !== changed) continue;
      this.#departed.delete(channel);
      this.#exchange.hangup(channel, 16);
    }
  }
}
