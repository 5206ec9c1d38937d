import type { Company, Employee } from "../company.ts";
import type { Channel, Device, PartyId } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { CannotDo } from "./cannot-do.ts";

/** One line of a phone's screen. `held`: this phone holds; `on-hold`: the other side holds and music plays. */
export type PhoneCallState = "ringing" | "calling" | "talking" | "held" | "on-hold";

export interface PhoneCallView {
  readonly id: string;
  readonly channel: string;
  readonly direction: "in" | "out";
  readonly state: PhoneCallState;
  readonly number: string;
  readonly name: string;
}

export interface PhoneView {
  readonly extension: string;
  readonly name: string;
  readonly registered: boolean;
  readonly doNotDisturb: boolean;
  /** Milliseconds after which the phone answers by itself; null = a person answers. */
  readonly answerAfterMs: number | null;
  readonly calls: readonly PhoneCallView[];
}

interface PhoneCall {
  readonly id: string;
  readonly channel: Channel;
  readonly direction: "in" | "out";
  state: PhoneCallState;
  party: PartyId;
}

export class PhoneError extends CannotDo {
  override readonly name = "PhoneError";
}

/** A SIP desk phone as the PBX meets it: rings, answers, refuses, holds. Several calls at once, the newest in front. */
export class DeskPhone implements Device {
  readonly employee: Employee;
  readonly #exchange: Exchange;
  readonly #changed: () => void;
  readonly #calls: PhoneCall[] = [];
  /** Calls on their way to the phone that do not ring yet. */
  #coming = 0;
  registered = true;
  doNotDisturb = false;
  answerAfterMs: number | null = null;
  /** Does what a NOTIFY with the event `hold` or `talk` asks of it. */
  obeysCallControl = false;
  /** Picks up by itself when a header of the INVITE asks for it. */
  obeysAutoAnswer = false;
  readonly contact: string;

  constructor(employee: Employee, exchange: Exchange, changed: () => void) {
    this.employee = employee;
    this.#exchange = exchange;
    this.#changed = changed;
    // The port is only text here: no SIP is spoken.
    this.contact = `sip:${employee.extension}@127.0.0.1:${40000 + (Number(employee.extension) % 10000)}`;
  }

  get busy(): boolean {
    return this.#calls.length + this.#coming > 0;
  }

  view(): PhoneView {
    return {
      extension: this.employee.extension,
      name: this.employee.name,
      registered: this.registered,
      doNotDisturb: this.doNotDisturb,
      answerAfterMs: this.answerAfterMs,
      calls: this.#calls.map(({ id, channel, direction, state, party }) => ({
        id,
        channel: channel.name,
        direction,
        state,
        number: party.number,
        name: party.name,
      })),
    };
  }

  // ---------------------------------------------------------------- what a person does

  answer(id?: string): void {
    const call = this.#pick(id, ["ringing"]);
    this.#holdOthers(call);
    this.#set(call, "talking");
    this.#exchange.answeredBy(call.channel);
  }

  /** Refuses a ringing call: SIP 486 is Asterisk's cause 17, 603 its 21 (seen on Asterisk 22). */
  reject(id?: string, code: 486 | 603 = 486): void {
    this.#exchange.hangupByParty(this.#pick(id, ["ringing"]).channel, code === 486 ? 17 : 21);
  }

  hangup(id?: string): void {
    const call = this.#pick(id, ["talking", "calling", "on-hold", "held", "ringing"]);
    this.#exchange.hangupByParty(call.channel, call.state === "ringing" ? 17 : call.state === "calling" ? 127 : 16);
  }

  hold(id?: string): void {
    const call = this.#pick(id, ["talking"]);
    this.#set(call, "held");
    this.#exchange.tell("Hold", call.channel, [["MusicClass", "default"]]); // the hold of a transfer names none
    const other = call.channel.bridge?.otherThan(call.channel);
    if (other) this.#exchange.startMusic(other);
  }

  unhold(id?: string): void {
    const call = this.#pick(id, ["held"]);
    this.#set(call, "talking");
    this.#exchange.tell("Unhold", call.channel);
    const other = call.channel.bridge?.otherThan(call.channel);
    if (other) this.#exchange.stopMusic(other);
  }

  /** A NOTIFY within the call of this channel. */
  notified(channel: Channel, event: string): void {
    const call = this.#of(channel);
    if (!call || !this.obeysCallControl) return;
    if (event === "hold" && call.state === "talking") this.hold(call.id);
    else if (event === "talk" && call.state === "held") this.unhold(call.id);
    else if (event === "talk" && call.state === "ringing") this.answer(call.id);
  }

  /** Begins an outgoing call on a channel that the PBX made for it. */
  placed(channel: Channel, number: string): PhoneCallView {
    const call: PhoneCall = {
      id: channel.uniqueid,
      channel,
      direction: "out",
      state: "calling",
      party: { number, name: "" },
    };
    this.#holdOthers(call);
    this.#calls.unshift(call);
    this.#changed();
    const [view] = this.view().calls;
    if (!view) throw new PhoneError("the call did not begin");
    return view;
  }

  /** The channel of the call in front, or of the call with that id. */
  channelOf(id?: string): Channel {
    return this.#pick(id, ["talking", "held", "on-hold", "calling", "ringing"]).channel;
  }

  /** The talk on hold, when this phone holds one and has a second call. */
  heldChannel(): Channel | undefined {
    return this.#calls.find((call) => call.state === "held")?.channel;
  }

  #holdOthers(besides: PhoneCall): void {
    for (const call of this.#calls) if (call !== besides && call.state === "talking") this.hold(call.id);
  }

  #pick(id: string | undefined, states: readonly PhoneCallState[]): PhoneCall {
    if (id !== undefined) {
      const call = this.#calls.find((one) => one.id === id);
      if (!call) throw new PhoneError(`phone ${this.employee.extension} has no call ${id}`);
      if (!states.includes(call.state))
        throw new PhoneError(`call ${id} of phone ${this.employee.extension} is ${call.state}`);
      return call;
    }
    for (const state of states) {
      const call = this.#calls.find((one) => one.state === state);
      if (call) return call;
    }
    throw new PhoneError(`phone ${this.employee.extension} has no call that is ${states.join(" or ")}`);
  }

  #set(call: PhoneCall, state: PhoneCallState): void {
    call.state = state;
    this.#changed();
  }

  #of(channel: Channel): PhoneCall | undefined {
    return this.#calls.find((call) => call.channel === channel);
  }

  // ---------------------------------------------------------------- what the PBX does

  ring(channel: Channel): void {
    this.#coming += 1;
    // The INVITE takes a moment; the screen lights up together with the 180 that the PBX gets.
    this.#exchange.later(this.#exchange.paced(2), () => {
      this.#coming -= 1;
      if (channel.hungUp) return;
      if (this.doNotDisturb) {
        this.#exchange.hangupByParty(channel, 17);
        return;
      }
      this.#calls.unshift({
        id: channel.uniqueid,
        channel,
        direction: "in",
        state: "ringing",
        party: channel.connected,
      });
      this.#changed();
      this.#exchange.ringing(channel);
      const answerAfterMs = this.obeysAutoAnswer && asksForAnswer(channel) ? 0 : this.answerAfterMs;
      if (answerAfterMs === null) return;
      this.#exchange.later(answerAfterMs, () => {
        if (this.#of(channel)?.state === "ringing") this.answer(channel.uniqueid);
      });
    });
  }

  answered(channel: Channel): void {
    const call = this.#of(channel);
    if (call) this.#set(call, "talking");
  }

  progressing(): void {}

  connectedTo(channel: Channel, party: PartyId): void {
    const call = this.#of(channel);
    if (!call) return;
    call.party = party;
    this.#changed();
  }

  heldByOther(channel: Channel, held: boolean): void {
    const call = this.#of(channel);
    if (call && call.state === (held ? "talking" : "on-hold")) this.#set(call, held ? "on-hold" : "talking");
  }

  ended(channel: Channel): void {
    const index = this.#calls.findIndex((call) => call.channel === channel);
    if (index < 0) return;
    this.#calls.splice(index, 1);
    this.#changed();
  }
}

/** What the dialplan would have put into the INVITE's headers. */
function asksForAnswer({ variables }: Channel): boolean {
  const headers = ["PT1C_SIP_HEADER", "PJSIP_HEADER(add,Call-Info)", "PJSIP_HEADER(add,Alert-Info)"];
  return headers.some((name) => /;(answer-after=0|info=alert-autoanswer)$/.test(variables.get(name) ?? ""));
}

/** The phones of a company by extension. */
export function phonesOf(company: Company, exchange: Exchange, changed: () => void): ReadonlyMap<string, DeskPhone> {
  return new Map(company.employees.map((employee) => [employee.extension, new DeskPhone(employee, exchange, changed)]));
}
