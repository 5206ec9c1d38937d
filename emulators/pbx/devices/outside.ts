import { outsideNumber } from "../company.ts";
import type { Channel, Device, PartyId } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";
import { CannotDo } from "./cannot-do.ts";

/** What happens when the company calls a number: it answers, refuses with a SIP code, or rings until somebody decides. */
export type NumberPlan =
  | { readonly answerAfterMs: number; readonly hangupAfterMs?: number }
  | { readonly rejectAfterMs: number; readonly code: number }
  | { readonly rings: true };

export interface OutsideCallView {
  readonly id: string;
  readonly channel: string;
  /** `in`: the client calls the company; `out`: the company calls the client. */
  readonly direction: "in" | "out";
  readonly number: string;
  readonly did: string | null;
  /** The number that the one outside sees. */
  readonly shown: string;
  readonly state: "calling" | "ringing" | "talking" | "music" | "ended";
  /** Tones that were sent into the call. */
  readonly digits: string;
  /** Q.850 cause, once ended. */
  readonly cause: number | null;
}

/** SIP answer code → Q.850 cause, as Asterisk's PJSIP channel translates it (m03: 486, m03c: 480; 404, 603 and 5xx are general knowledge). */
function causeOf(sipCode: number): number {
  switch (sipCode) {
    case 486:
    case 600:
      return 17;
    case 480:
    case 408:
      return 19;
    case 404:
    case 604:
      return 1;
    case 403:
    case 603:
      return 21;
    default:
      return 34;
  }
}

export class OutsideError extends CannotDo {
  override readonly name = "OutsideError";
}

interface OutsideCall {
  readonly id: string;
  readonly channel: Channel;
  readonly direction: "in" | "out";
  readonly number: string;
  readonly did: string | null;
  state: OutsideCallView["state"];
  cause: number | null;
}

/** Everybody outside: clients who call a DID, and the numbers that the company calls through the provider. */
export class Outside implements Device {
  readonly #exchange: Exchange;
  readonly #changed: () => void;
  readonly #calls = new Map<string, OutsideCall>();
  readonly #plans = new Map<string, NumberPlan>();
  /** Plan of numbers that have none of their own. */
  defaultPlan: NumberPlan = { rings: true };

  constructor(exchange: Exchange, changed: () => void) {
    this.#exchange = exchange;
    this.#changed = changed;
  }

  /** Says what a number does when the company calls it next; null forgets the plan. */
  plan(number: string, plan: NumberPlan | null): void {
    const key = outsideNumber(number) ?? number;
    if (plan) this.#plans.set(key, plan);
    else this.#plans.delete(key);
  }

  views(): readonly OutsideCallView[] {
    return [...this.#calls.values()].map((call) => ({
      id: call.id,
      channel: call.channel.name,
      direction: call.direction,
      number: call.number,
      did: call.did,
      shown: call.channel.connected.number,
      state: call.state,
      digits: call.channel.heardDigits,
      cause: call.cause,
    }));
  }

  /** A client's call that has just reached the PBX. */
  began(channel: Channel, number: string, did: string): string {
    this.#add({ id: channel.uniqueid, channel, direction: "in", number, did, state: "calling", cause: null });
    return channel.uniqueid;
  }

  answer(id: string): void {
    const call = this.#get(id);
    if (call.direction !== "out" || call.state !== "ringing")
      throw new OutsideError(`call ${id} is not ringing at the client`);
    this.#set(call, "talking");
    this.#exchange.answeredBy(call.channel);
  }

  /** The client refuses a call that rings, with a SIP code. */
  reject(id: string, code: number): void {
    const call = this.#get(id);
    if (call.direction !== "out" || call.state !== "ringing")
      throw new OutsideError(`call ${id} is not ringing at the client`);
    this.#exchange.hangupByParty(call.channel, causeOf(code));
  }

  /** The client hangs up, at whatever stage. Leaving before an answer shows as cause 127 (m16c). */
  hangup(id: string): void {
    const call = this.#get(id);
    if (call.state === "ended") throw new OutsideError(`call ${id} has ended already`);
    const cause = call.channel.state === "Up" ? 16 : call.direction === "in" ? 127 : 17;
    this.#exchange.hangupByParty(call.channel, cause);
  }

  #get(id: string): OutsideCall {
    const call = this.#calls.get(id);
    if (!call) throw new OutsideError(`no outside call ${id}`);
    return call;
  }

  #add(call: OutsideCall): void {
    this.#calls.set(call.id, call);
    this.#changed();
  }

  #set(call: OutsideCall, state: OutsideCallView["state"]): void {
    call.state = state;
    this.#changed();
  }

  // ---------------------------------------------------------------- what the PBX does

  ring(channel: Channel): void {
    const dialled = channel.callerId.number;
    const number = outsideNumber(dialled) ?? dialled;
    const call: OutsideCall = {
      id: channel.uniqueid,
      channel,
      direction: "out",
      number,
      did: null,
      state: "ringing",
      cause: null,
    };
    const plan = this.#plans.get(number) ?? this.defaultPlan;
    // The INVITE takes a moment; the client's phone rings together with the 180 that the PBX gets.
    this.#exchange.later(this.#exchange.paced(2), () => {
      if (channel.hungUp) return;
      this.#add(call);
      if ("rejectAfterMs" in plan && plan.rejectAfterMs === 0) {
        this.reject(call.id, plan.code);
        return;
      }
      this.#exchange.ringing(channel);
      this.#follow(call, plan);
    });
  }

  #follow(call: OutsideCall, plan: NumberPlan): void {
    if ("rejectAfterMs" in plan) {
      this.#exchange.later(plan.rejectAfterMs, () => {
        if (call.state === "ringing") this.reject(call.id, plan.code);
      });
    } else if ("answerAfterMs" in plan) {
      this.#exchange.later(plan.answerAfterMs, () => {
        if (call.state !== "ringing") return;
        this.answer(call.id);
        if (plan.hangupAfterMs === undefined) return;
        this.#exchange.later(plan.hangupAfterMs, () => {
          if (call.state !== "ended") this.hangup(call.id);
        });
      });
    }
  }

  answered(channel: Channel): void {
    const call = this.#calls.get(channel.uniqueid);
    if (call) this.#set(call, "talking");
  }

  progressing(channel: Channel): void {
    const call = this.#calls.get(channel.uniqueid);
    if (call?.state === "calling") this.#set(call, "ringing");
  }

  connectedTo(_channel: Channel, _party: PartyId): void {}

  heldByOther(channel: Channel, held: boolean): void {
    const call = this.#calls.get(channel.uniqueid);
    if (call && (call.state === "talking" || call.state === "music")) this.#set(call, held ? "music" : "talking");
  }

  ended(channel: Channel, cause: number): void {
    const call = this.#calls.get(channel.uniqueid);
    if (!call || call.state === "ended") return;
    call.cause = cause;
    this.#set(call, "ended");
    // Kept for a minute, so that a page or a test that looks late still sees how it ended.
    this.#exchange.later(60_000, () => {
      this.#calls.delete(call.id);
      this.#changed();
    });
  }
}
