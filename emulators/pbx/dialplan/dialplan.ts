import { type Company, outsideNumber } from "../company.ts";
import { type DeskPhone, phonesOf } from "../devices/desk-phone.ts";
import { Outside } from "../devices/outside.ts";
import type { Channel, Thread } from "../exchange/channel.ts";
import { Dial, type DialOptions, type DialResult, UNLIMITED_RING_MS } from "../exchange/dial.ts";
import type { Exchange, Script } from "../exchange/exchange.ts";
import type { Profile } from "../profile.ts";
import type { Recorder } from "../recorder.ts";
import { ClickToCall } from "./click-to-call.ts";
import { incoming } from "./incoming.ts";
import { pickUp } from "./joining.ts";
import { outgoing } from "./outgoing.ts";
import { ParkingLot } from "./parking.ts";
import { CallQueue } from "./queue.ts";
import { Recording } from "./recording.ts";

/** A number that no context knows: the channel ends with cause 1. */
const unknownNumber: Script = async (channel) => {
  channel.hangupCause = 1;
};

export interface DialplanParts {
  readonly exchange: Exchange;
  readonly company: Company;
  readonly recorder: Recorder;
  readonly changed: () => void;
}

/** What the PBX does with a call: contexts and extensions as scripts. Names of contexts are MikoPBX's, as in the captures. */
export class Dialplan {
  readonly exchange: Exchange;
  readonly company: Company;
  readonly phones: ReadonlyMap<string, DeskPhone>;
  readonly outside: Outside;
  readonly parking: ParkingLot;
  readonly queue: CallQueue;
  readonly clickToCall: ClickToCall;
  readonly recording: Recording;

  constructor({ exchange, company, recorder, changed }: DialplanParts) {
    this.exchange = exchange;
    this.company = company;
    this.phones = phonesOf(company, exchange, changed);
    this.outside = new Outside(exchange, changed);
    this.recording = new Recording(exchange, recorder);
    this.parking = new ParkingLot(exchange, (channel, thread, extension) =>
      this.internalUsers(channel, thread, extension),
    );
    this.queue = new CallQueue(this);
    this.clickToCall = new ClickToCall(this);
  }

  get profile(): Profile {
    return this.exchange.profile;
  }

  /** The script behind a number in a context; undefined when there is none (`DIALPLAN_EXISTS` = 0). */
  lookup(context: string, exten: string): Script | undefined {
    const phone = this.phones.has(exten);
    switch (context) {
      case "internal":
      case "internal-incoming":
      case "internal-users":
        return this.#internal(exten);
      case "internal-transfer": {
        const outside = this.profile.transfersOutside && outsideNumber(exten) !== undefined;
        const known =
          this.#internal(exten) ?? this.parking.lookup(exten) ?? (outside ? outgoing(this, exten) : undefined);
        if (!known) return undefined;
        return async (channel, thread) => {
          channel.set("ISTRANSFER", "transfer_", true);
          await known(channel, thread);
        };
      }
      case "internal-originate":
        return phone ? (channel, thread) => this.clickToCall.ringOwnPhone(channel, thread, exten) : undefined;
      case "interception-bridge":
        return (channel, thread) => this.clickToCall.intercept(channel, thread, exten);
      case "all_peers":
        return this.#allPeers(exten);
      case "queues":
        return exten === this.profile.queueName ? (channel, thread) => this.queue.serve(channel, thread) : undefined;
      case "outgoing":
        return outsideNumber(exten) === undefined ? undefined : outgoing(this, exten);
      case this.profile.parking.context:
        return this.parking.lookup(exten);
      case this.profile.inboundContext:
        return exten in this.company.dids ? incoming(this, exten) : undefined;
      default:
        return undefined;
    }
  }

  /** Sends a channel to a number; an unknown one ends it with cause 1, as Asterisk does after a "successful" transfer. */
  go(channel: Channel, context: string, exten: string): void {
    const script = this.lookup(context, exten);
    channel.at(context, exten);
    this.exchange.run(channel, script ?? unknownNumber);
  }

  // ---------------------------------------------------------------- from the provider

  /** A client calls a DID. Returns the id of the outside call, which is the trunk channel's uniqueid. */
  receive(from: string | null, did: string, name: string): string {
    const { exchange, profile } = this;
    const number = from ?? "anonymous";
    const channel = exchange.newChannel({
      endpoint: profile.trunk,
      state: "Ring",
      context: profile.inboundContext,
      exten: did,
      callerId: { number, name: from === null ? "Anonymous" : name },
      language: profile.trunkLanguage,
      device: this.outside,
    });
    const id = this.outside.began(channel, number, did);
    this.go(channel, profile.inboundContext, did);
    return id;
  }

  // ---------------------------------------------------------------- dials

  /** Dials `Local/<exten>@<context>` with the news that a real Dial gives; the pair is optimised away after the answer. */
  async dialLocal(
    caller: Channel,
    thread: Thread,
    context: string,
    exten: string,
    timeout: number,
  ): Promise<DialResult> {
    const { exchange } = this;
    const [one, two] = exchange.newPair({ context, exten, parent: caller, optimisable: true });
    const dialString = `${exten}@${context}`;
    one.set("DIALEDPEERNUMBER", dialString);
    two.set("DIALEDPEERNUMBER", dialString);
    one.exten = caller.exten;
    this.introduce(one, two, { number: caller.exten, name: "" }, caller.callerId);
    exchange.localBridge(one, two, context, exten);
    caller.application = "Dial";
    caller.applicationData = `Local/${dialString},${timeout / 1000}`;
    const dial = new Dial(exchange, caller, { single: true });
    dial.add(one, dialString);
    this.go(two, context, exten);
    return dial.wait(thread, timeout);
  }

  /** Both halves of a fresh pair learn who calls and who is called. */
  introduce(one: Channel, two: Channel, called: Channel["callerId"], calling: Channel["callerId"]): void {
    for (const [half, own, other] of [
      [one, called, calling],
      [two, calling, called],
    ] as const) {
      // Both are set before either is told, except by Queue() for ;1, whose NewCallerid is a step earlier: no reader can mind.
      half.connected = other;
      this.exchange.setCallerId(half, own);
      this.exchange.tell("NewConnectedLine", half);
    }
  }

  /** Dials registered phones; `result.leg` has answered. */
  async dialPhones(
    caller: Channel,
    thread: Thread,
    phones: readonly DeskPhone[],
    timeout: number,
    options: Pick<DialOptions, "onAnswer"> = {},
  ): Promise<DialResult> {
    const { exchange } = this;
    caller.application = "Dial";
    caller.applicationData = phones.map((phone) => `PJSIP/${phone.employee.extension}/${phone.contact}`).join("&");
    caller.variables.delete("DIALEDPEERNUMBER");
    const dial = new Dial(exchange, caller, {
      single: phones.length === 1,
      onAnswer: (leg) => this.recording.onAnswer(caller, leg),
      ...options,
    });
    for (const phone of phones) {
      const { extension } = phone.employee;
      const leg = this.legTo(phone, caller);
      leg.at("all_peers", caller.exten);
      leg.set("DIALEDPEERNUMBER", `${extension}/${phone.contact}`);
      exchange.setConnected(leg, caller.callerId);
      dial.add(leg, `${extension}/${phone.contact}`);
      phone.ring(leg);
    }
    return dial.wait(thread, timeout);
  }

  /** A new, silent channel to a phone. */
  legTo(phone: DeskPhone, parent: Channel | undefined, uniqueid?: string): Channel {
    return this.exchange.newChannel({
      endpoint: phone.employee.extension,
      parent,
      uniqueid,
      state: "Down",
      context: "all_peers",
      exten: "s",
      callerId: { number: phone.employee.extension, name: phone.employee.name },
      language: "en",
      device: phone,
    });
  }

  // ---------------------------------------------------------------- inside

  #internal(exten: string): Script | undefined {
    if (this.phones.has(exten)) return (channel, thread) => this.internalUsers(channel, thread, exten);
    if (exten === this.company.ringGroup.extension) return (channel, thread) => this.#ringGroup(channel, thread);
    if (exten === this.company.queue.extension) return (channel, thread) => this.queue.serve(channel, thread);
    return undefined;
  }

  /** Rings one employee's phone and talks. */
  async internalUsers(channel: Channel, thread: Thread, extension: string): Promise<void> {
    const { exchange, profile } = this;
    const phone = this.phones.get(extension);
    if (!phone) return;
    await exchange.wait(thread, exchange.delay("ring"));
    channel.at("internal-users", extension, profile.userPriority);
    if (!phone.registered) {
      if (profile.style === "mikopbx") {
        channel.at("dial_end", extension);
        exchange.tell(
          "UserEvent",
          channel,
          [
            ["UserEvent", "DialFail"],
            ["REASON", "NO_CONTACTS"],
          ],
          "user",
        );
      }
      channel.hangupCause = 20;
      await this.#returnAfterBlindTransfer(channel, thread, extension);
      return;
    }
    if (profile.skipsBusyPhones && phone.busy && channel.variables.get("QUEUE_SRC_CHAN") === undefined) {
      await this.#returnAfterBlindTransfer(channel, thread, extension);
      await exchange.busy(channel, thread, exchange.paced(2000));
      return;
    }
    const result = await this.dialPhones(channel, thread, [phone], UNLIMITED_RING_MS);
    if (result.leg) {
      exchange.answer(channel);
      await exchange.talk(channel, result.leg, thread);
      return;
    }
    await this.#returnAfterBlindTransfer(channel, thread, extension);
    if (result.status === "BUSY") await exchange.busy(channel, thread, exchange.paced(2000));
    channel.hangupCause = result.cause;
  }

  /** MikoPBX: a client handed over blindly to somebody busy, refusing or offline goes back to who handed him over (m08d: 2.4 s later). */
  async #returnAfterBlindTransfer(channel: Channel, thread: Thread, tried: string): Promise<void> {
    const by = channel.variables.get("BLINDTRANSFER_EXTENSION");
    channel.variables.delete("BLINDTRANSFER_EXTENSION");
    if (!this.profile.blindTransferReturns || by === undefined || by === tried) return;
    await this.exchange.wait(thread, this.exchange.paced(2000));
    await this.internalUsers(channel, thread, by);
    // Whatever became of it, the call is over now: the caller's own busy tone must not follow.
    this.exchange.hangup(channel, 16);
    thread.signal.throwIfAborted();
  }

  async #ringGroup(channel: Channel, thread: Thread): Promise<void> {
    const { exchange, company } = this;
    await exchange.wait(thread, exchange.delay("ring"));
    channel.at("internal", company.ringGroup.extension, 3);
    const phones = company.ringGroup.members.flatMap((extension) => {
      const phone = this.phones.get(extension);
      return phone?.registered ? [phone] : [];
    });
    const result = await this.dialPhones(channel, thread, phones, company.ringGroup.seconds * 1000);
    if (!result.leg) return;
    exchange.answer(channel);
    await exchange.talk(channel, result.leg, thread);
  }

  #allPeers(exten: string): Script | undefined {
    const pickup = /^\*8(\d*)$/.exec(exten);
    // The pickup pattern comes first in the dialplan: even an originated Local picks up itself, without a hand-over (m18b).
    if (pickup) return async (channel) => this.#pickUp(channel, pickup[1] ?? "");
    const script =
      this.parking.lookup(exten) ??
      this.#internal(exten) ??
      (outsideNumber(exten) === undefined ? undefined : outgoing(this, exten));
    if (!script) return undefined;
    return async (channel, thread) => {
      if (await this.clickToCall.handOver(channel, thread)) return;
      const employee = this.#employeeOf(channel);
      // Originate with a CallerID: from here on the employee speaks under his own name again (01b).
      if (employee) this.exchange.setCallerId(channel, { number: employee.extension, name: employee.name });
      channel.set("FROM_CHAN", channel.name, true);
      await script(channel, thread);
    };
  }

  #employeeOf(channel: Channel): { extension: string; name: string } | undefined {
    for (const phone of this.phones.values()) if (channel.device === phone) return phone.employee;
    return undefined;
  }

  /** `*8`: takes a call that rings at that extension, or any that rings. */
  #pickUp(channel: Channel, extension: string): void {
    for (const target of this.exchange.channels.values()) {
      const owner = this.#employeeOf(target);
      if (
        target.dialledBy &&
        target.state === "Ringing" &&
        owner &&
        (extension === "" || owner.extension === extension)
      ) {
        this.exchange.answer(channel);
        if (pickUp(this.exchange, channel, target)) return;
      }
    }
  }

  /** Moves a channel to another number at once, as the AMI action Redirect does: ringing legs stop, a talk is left. */
  redirect(channel: Channel, context: string, exten: string): void {
    // The events of the leaving name the new place already (m09, m01).
    channel.at(context, exten);
    this.exchange.takeOut(channel);
    this.go(channel, context, exten);
  }

  /** An employee dials on the phone. Returns what the phone's screen shows. */
  dialFrom(phone: DeskPhone, number: string): ReturnType<DeskPhone["placed"]> {
    const channel = this.exchange.newChannel({
      endpoint: phone.employee.extension,
      state: "Ring",
      context: "all_peers",
      exten: number,
      callerId: { number: phone.employee.extension, name: phone.employee.name },
      language: "en",
      device: phone,
    });
    const view = phone.placed(channel, number);
    this.go(channel, "all_peers", number);
    return view;
  }
}
