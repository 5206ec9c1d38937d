import { outsideNumber } from "../company.ts";
import { Dial, UNLIMITED_RING_MS } from "../exchange/dial.ts";
import type { Script } from "../exchange/exchange.ts";
import type { Dialplan } from "./dialplan.ts";

/** Dials an outside number over the trunk (captures 18, m15; refusals m03, m03c). */
export function outgoing(dialplan: Dialplan, dialled: string): Script {
  return async (channel, thread) => {
    const { exchange, profile } = dialplan;
    const number = outsideNumber(dialled);
    if (number === undefined) return;
    let shown = dialled;
    if (profile.replacesOutboundCallerId) {
      shown = number;
      // the lab's dialplan lets a click-to-call choose the company's number
      const company = channel.variables.get("KOMMUTATOR_LINE") ?? dialplan.company.outboundNumber;
      if (!channel.variables.has("FROM_DID")) dialplan.recording.ofCall(channel);
      channel.at(profile.outboundContext, number, 2);
      exchange.setCallerId(channel, { number: company, name: channel.callerId.name });
      channel.priority = 3;
      exchange.setCallerId(channel, { number: company, name: "" });
    }
    await exchange.wait(thread, exchange.delay("outbound"));
    channel.at(profile.outboundContext, shown, profile.outboundPriority);
    const leg = exchange.newChannel({
      endpoint: profile.trunk,
      parent: channel,
      state: "Down",
      context: profile.inboundContext,
      exten: "s",
      language: profile.trunkLanguage,
      device: dialplan.outside,
    });
    const dialString = `${number}@${profile.trunk}`;
    leg.at(profile.inboundContext, shown);
    leg.set("DIALEDPEERNUMBER", dialString);
    exchange.setCallerId(leg, { number: shown, name: "" });
    exchange.setConnected(leg, channel.callerId);
    channel.application = "Dial";
    channel.applicationData = `PJSIP/${dialString},600`;
    channel.variables.delete("DIALEDPEERNUMBER");
    const dial = new Dial(exchange, channel, {
      single: true,
      onAnswer: (answered) => dialplan.recording.onAnswer(channel, answered),
    });
    dial.add(leg, dialString);
    dialplan.outside.ring(leg);
    const result = await dial.wait(thread, UNLIMITED_RING_MS);
    if (result.leg) {
      exchange.answer(channel);
      await exchange.talk(channel, result.leg, thread);
      return;
    }
    channel.hangupCause = result.cause;
    // The employee hears the busy tone for 2 s, or a message of about 6 s (m03, m03c).
    if (result.status === "BUSY") await exchange.busy(channel, thread, exchange.paced(2000));
    else if (profile.style === "mikopbx") await exchange.wait(thread, exchange.paced(6000));
  };
}
