import type { Bridge } from "../exchange/bridge.ts";
import type { Channel, Thread } from "../exchange/channel.ts";
import type { Exchange, Script } from "../exchange/exchange.ts";
import type { Line } from "../packet-text.ts";

interface ParkedCall {
  readonly parkee: Channel;
  readonly space: number;
  readonly parker: string;
  readonly timeoutMs: number;
  readonly since: number;
  readonly timer: NodeJS.Timeout;
}

/** Calls left in numbered slots, with music; dialling the slot takes one back (capture m19). */
export class ParkingLot {
  readonly #exchange: Exchange;
  readonly #callBack: (channel: Channel, thread: Thread, extension: string) => Promise<void>;
  readonly #parked = new Map<number, ParkedCall>();
  #bridge: Bridge | undefined;

  constructor(exchange: Exchange, callBack: (channel: Channel, thread: Thread, extension: string) => Promise<void>) {
    this.#exchange = exchange;
    this.#callBack = callBack;
    exchange.watchers.add((channel) => {
      if (!channel.gone) return;
      for (const call of this.#parked.values()) if (call.parkee === channel) this.#remove(call, "ParkedCallGiveUp");
    });
  }

  /** Parks a channel that is in a talk; the other one is free at once. Returns the slot, or undefined when all are taken. */
  park(parkee: Channel, timeoutMs: number): number | undefined {
    const { first, last } = this.#exchange.profile.parking;
    let space = first;
    while (this.#parked.has(space)) space += 1;
    if (space > last) return undefined;
    this.#bridge ??= this.#exchange.newBridge("parking");
    const talk = parkee.bridge;
    const other = talk?.otherThan(parkee);
    const timer = this.#exchange.later(timeoutMs, () => this.#timedOut(space));
    const parker = other?.name.replace(/-[0-9a-f]{8}$/, "") ?? "";
    const call: ParkedCall = { parkee, space, parker, timeoutMs, since: Date.now(), timer };
    this.#parked.set(space, call);
    if (talk) this.#exchange.leave(parkee, true);
    this.#exchange.emit("ParkedCall", "call", this.#lines(call));
    this.#exchange.enter(this.#bridge, parkee);
    this.#exchange.startMusic(parkee);
    if (other) {
      this.#exchange.leave(other, true);
      this.#exchange.release(other);
    }
    return space;
  }

  /** Script of a slot's number: takes the parked call. */
  lookup(exten: string): Script | undefined {
    const call = this.#parked.get(Number(exten));
    return call ? (channel, thread) => this.#retrieve(channel, thread, call) : undefined;
  }

  /** Lines of each parked call, as the list ParkedCalls and the events have them. */
  list(): readonly (readonly Line[])[] {
    return [...this.#parked.values()].map((call) => this.#lines(call));
  }

  async #retrieve(channel: Channel, thread: Thread, call: ParkedCall): Promise<void> {
    const exchange = this.#exchange;
    if (!this.#parked.has(call.space)) return;
    channel.at(exchange.profile.parking.context, String(call.space), 4);
    channel.application = "Bridge";
    exchange.answer(channel);
    const bridge = exchange.newBridge();
    exchange.stopMusic(call.parkee);
    this.#remove(call, "ParkedCallGiveUp");
    exchange.leave(call.parkee, true);
    call.parkee.bridgedByApplication = true;
    channel.bridgedByApplication = true;
    exchange.enter(bridge, call.parkee);
    exchange.enter(bridge, channel);
    exchange.setConnected(channel, call.parkee.callerId);
    exchange.setConnected(call.parkee, channel.callerId);
    await exchange.bridged(channel, thread);
  }

  #timedOut(space: number): void {
    const call = this.#parked.get(space);
    if (!call) return;
    this.#remove(call, "ParkedCallTimeOut");
    this.#exchange.takeOut(call.parkee);
    const extension = /^PJSIP\/(\d+)$/.exec(call.parker)?.[1] ?? "";
    this.#exchange.run(call.parkee, (channel, thread) => this.#callBack(channel, thread, extension));
  }

  #remove(call: ParkedCall, event: "ParkedCallGiveUp" | "ParkedCallTimeOut"): void {
    this.#exchange.cancelTimer(call.timer);
    this.#parked.delete(call.space);
    this.#exchange.emit(event, "call", this.#lines(call));
  }

  #lines(call: ParkedCall): Line[] {
    const seconds = Math.round((Date.now() - call.since) / 1000);
    return [
      ...call.parkee.lines(this.#exchange.profile, "Parkee"),
      ["ParkerDialString", call.parker],
      ["Parkinglot", "default"],
      ["ParkingSpace", call.space],
      ["ParkingTimeout", Math.max(0, Math.round(call.timeoutMs / 1000) - seconds)],
      ["ParkingDuration", seconds],
    ];
  }
}
