import type { Channel, Thread } from "../exchange/channel.ts";
import { UNLIMITED_RING_MS } from "../exchange/dial.ts";
import type { Dialplan } from "./dialplan.ts";
import { bridgeWith } from "./joining.ts";

/** The contexts that an AMI Originate uses on MikoPBX: the employee's own phone first, then the other party or a client who rings elsewhere. */
export class ClickToCall {
  readonly #dialplan: Dialplan;

  constructor(dialplan: Dialplan) {
    this.#dialplan = dialplan;
  }

  /** Rings the employee's own phone with the other party's number on its screen (context internal-originate). */
  async ringOwnPhone(channel: Channel, thread: Thread, extension: string): Promise<void> {
    const { exchange, profile } = this.#dialplan;
    const phone = this.#dialplan.phones.get(extension);
    const one = channel.peer;
    if (!phone || !one) return;
    await exchange.wait(thread, exchange.paced(profile.style === "mikopbx" ? 200 : 2));
    const shown = (channel.variables.get("pt1c_cid") ?? "").replace(/[^*#+0-9]/g, "");
    if (shown)
      exchange.setCallerId(channel, {
        number: shown,
        name: channel.variables.get("origCidName") ?? (profile.style === "asterisk" ? shown : ""),
      });
    if (!phone.registered) return;
    channel.at("internal-originate", extension, profile.originatePriority);
    const limit = Number(channel.variables.get("ringlength") ?? channel.variables.get("__ringlength"));
    const timeout = Number.isFinite(limit) && limit > 0 ? limit * 1000 : UNLIMITED_RING_MS;
    const onAnswer = async (leg: Channel): Promise<void> => {
      one.set("ORIGINATE_SRC_CHANNEL", leg.name);
      one.set("ORIGINATE_DST_EXTEN", shown || one.exten);
    };
    const result = await this.#dialplan.dialPhones(channel, thread, [phone], timeout, { onAnswer });
    if (result.leg) {
      exchange.answer(channel);
      await exchange.talk(channel, result.leg, thread);
      return;
    }
    channel.hangupCause = result.cause;
    if (result.status === "BUSY") await exchange.busy(channel, thread, exchange.paced(200));
  }

  /**
   * The answered Local;1 of a click-to-call puts the employee's own channel in its place and ends (ChannelRedirect after 0.2 s).
   * False when the channel is not such a Local.
   */
  async handOver(channel: Channel, thread: Thread): Promise<boolean> {
    const source = channel.variables.get("ORIGINATE_SRC_CHANNEL");
    if (source === undefined) return false;
    await this.#dialplan.exchange.wait(thread, this.#dialplan.exchange.paced(200));
    const employee = this.#dialplan.exchange.find(source);
    if (employee) {
      for (const [name, value] of channel.variables)
        if (name.startsWith("INTECEPTION") || name === "OLD_LINKEDID") employee.set(name, value, true);
      this.#dialplan.redirect(employee, channel.context, channel.variables.get("ORIGINATE_DST_EXTEN") ?? channel.exten);
    }
    return true;
  }

  /** The employee takes the client's channel, unless somebody has it already. Variable names are spelt as on MikoPBX. */
  async intercept(channel: Channel, thread: Thread, exten: string): Promise<void> {
    const { exchange, profile } = this.#dialplan;
    channel.at("interception-bridge", exten);
    if (await this.handOver(channel, thread)) return;
    const target = exchange.find(channel.variables.get("INTECEPTION_CNANNEL") ?? "");
    if (!target || target.hungUp || target.variables.get("M_DIALSTATUS") === "ANSWER") return;
    if (profile.records === "answered-leg") {
      await exchange.wait(thread, exchange.paced(300));
      this.#dialplan.recording.ofLeg(channel, channel.uniqueid);
      await exchange.wait(thread, exchange.paced(350));
    }
    if (target.hungUp) return;
    target.set("M_DIALSTATUS", "ANSWER");
    await bridgeWith(exchange, channel, target, thread);
  }
}
