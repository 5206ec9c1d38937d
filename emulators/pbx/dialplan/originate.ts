import { type Channel, NOBODY, type PartyId } from "../exchange/channel.ts";
import { Dial } from "../exchange/dial.ts";
import type { Exchange, Script } from "../exchange/exchange.ts";
import type { Line } from "../packet-text.ts";
import type { Dialplan } from "./dialplan.ts";
import { bridgeWith, pickUp } from "./joining.ts";

export interface OriginateRequest {
  readonly actionId: string | undefined;
  /** `Local/<ext>@<context>` or `PJSIP/<ext>`. */
  readonly channel: string;
  readonly context: string;
  readonly exten: string;
  readonly application: string;
  readonly data: string;
  /** Milliseconds that the first leg may ring. */
  readonly timeout: number;
  readonly callerId: PartyId;
  readonly variables: readonly (readonly [name: string, value: string])[];
  readonly uniqueids: readonly [string | undefined, string | undefined];
}

/** Reasons of OriginateResponse, Asterisk's numbers. */
const REASON = { failed: 0, noAnswer: 3, answered: 4, busy: 5, congestion: 8 } as const;

/** Rings one leg and, when it answers, sends it to a number or an application. The outcome comes as OriginateResponse. */
export class Originates {
  readonly #dialplan: Dialplan;
  readonly #exchange: Exchange;

  constructor(dialplan: Dialplan) {
    this.#dialplan = dialplan;
    this.#exchange = dialplan.exchange;
  }

  async start(request: OriginateRequest): Promise<void> {
    const exchange = this.#exchange;
    const dial = new Dial(exchange, undefined, { single: true, keepsExten: true });
    const leg = this.#ring(request, dial);
    let timedOut = false;
    const timer = exchange.later(request.timeout, () => {
      timedOut = true;
      dial.abandon(19);
    });
    const { status } = leg ? await dial.result : { status: "CHANUNAVAIL" as const };
    exchange.cancelTimer(timer);
    if (leg && status === "ANSWER") {
      this.#respond(request, leg, REASON.answered);
      if (request.application) exchange.run(leg, this.#application(request));
      else this.#dialplan.go(leg, request.context, request.exten);
      return;
    }
    // A failed Originate leaves a phantom of its own, with a Linkedid of its own.
    const phantom = exchange.newChannel({
      endpoint: "",
      name: "OutgoingSpoolFailed",
      state: "Down",
      context: request.context || "default",
      exten: "failed",
      language: exchange.profile.trunkLanguage,
    });
    exchange.run(phantom, async () => {});
    this.#respond(request, undefined, this.#reason(request, status, timedOut));
  }

  /** m02, m14 and the table of refusals on MikoPBX; a plain Asterisk says 0 for all but a silent phone. */
  #reason(request: OriginateRequest, status: string, timedOut: boolean): number {
    const local = request.channel.startsWith("Local/");
    if (this.#exchange.profile.style === "asterisk") return timedOut && !local ? REASON.noAnswer : REASON.failed;
    if (timedOut) return REASON.noAnswer;
    if (status === "BUSY") return REASON.busy;
    return status === "CONGESTION" ? REASON.congestion : REASON.failed;
  }

  #ring(request: OriginateRequest, dial: Dial): Channel | undefined {
    const exchange = this.#exchange;
    const local = /^Local\/(.+)@([^/]+?)(\/n)?$/.exec(request.channel);
    if (local) {
      const [, exten = "", context = "", fixed] = local;
      const [one, two] = exchange.newPair({
        context,
        exten,
        optimisable: fixed === undefined,
        uniqueids: request.uniqueids,
      });
      for (const half of [one, two]) this.#setVariables(half, request);
      if (request.callerId !== NOBODY) this.#dialplan.introduce(one, two, request.callerId, request.callerId);
      exchange.localBridge(one, two, context, exten);
      dial.add(one, `${exten}@${context}`);
      this.#dialplan.go(two, context, exten);
      return one;
    }
    const extension = /^PJSIP\/(\d+)/.exec(request.channel)?.[1] ?? "";
    const phone = this.#dialplan.phones.get(extension);
    if (!phone?.registered) return undefined;
    const leg = this.#dialplan.legTo(phone, undefined, request.uniqueids[0]);
    this.#setVariables(leg, request);
    if (request.callerId !== NOBODY) {
      exchange.setCallerId(leg, request.callerId);
      exchange.setConnected(leg, request.callerId);
    }
    dial.add(leg, extension);
    phone.ring(leg);
    return leg;
  }

  #setVariables(channel: Channel, { variables }: OriginateRequest): void {
    for (const [name, value] of variables) channel.set(name.replace(/^_{1,2}/, ""), value, name.startsWith("_"));
  }

  #application(request: OriginateRequest): Script {
    return async (channel, thread) => {
      channel.application = request.application;
      channel.applicationData = request.data;
      const target = this.#exchange.find(request.data.split(/[,&]/)[0] ?? "");
      switch (request.application.toLowerCase()) {
        case "pickupchan":
          if (target) pickUp(this.#exchange, channel, target);
          return;
        case "bridge":
          if (target && !target.hungUp) await bridgeWith(this.#exchange, channel, target, thread);
          return;
        case "wait":
          await this.#exchange.wait(thread, Number(request.data) * 1000);
          return;
        default:
          return;
      }
    };
  }

  #respond(request: OriginateRequest, leg: Channel | undefined, reason: number): void {
    const { profile } = this.#exchange;
    const unknown = (value: string): string => (value === "" ? "<unknown>" : value);
    const goal: Line[] = request.application
      ? [
          ["Application", request.application],
          ["Data", request.data],
        ]
      : [
          ["Context", request.context],
          ["Exten", request.exten],
        ];
    this.#exchange.emit("OriginateResponse", "call", [
      ...(request.actionId === undefined ? [] : ([["ActionID", request.actionId]] satisfies Line[])),
      ["Response", leg ? "Success" : "Failure"],
      ["Channel", leg?.name ?? request.channel],
      ...goal,
      ["Reason", reason],
      ["Uniqueid", leg?.uniqueid ?? request.uniqueids[0] ?? "<unknown>"],
      ["CallerIDNum", unknown(request.callerId.number)],
      ["CallerIDName", unknown(request.callerId.name)],
      ...(leg
        ? profile.channelVariables.map(
            (name): Line => [`ChanVariable(${leg.name})`, `${name}=${leg.variable(name) ?? ""}`],
          )
        : []),
    ]);
  }
}
