import type { Script } from "../exchange/exchange.ts";
import type { Dialplan } from "./dialplan.ts";

/** A client's call to one of the company's numbers goes along its route: phones one after another, a group, a queue. */
export function incoming(dialplan: Dialplan, did: string): Script {
  return async (channel, thread) => {
    const { exchange, profile, company } = dialplan;
    const route = company.dids[did];
    if (!route) return;
    await exchange.wait(thread, exchange.delay("route"));
    channel.set("FROM_DID", did, true);
    channel.set("FROM_CHAN", channel.name, true);
    if (profile.records === "call") {
      dialplan.recording.ofCall(channel);
      channel.at("in-start", "s", 8);
      exchange.tell(
        "UserEvent",
        channel,
        [
          ["UserEvent", "InterceptionAMO"],
          ["CALLERID", channel.callerId.number],
          ["chan1c", channel.name],
          ["FROM_DID", did],
        ],
        "user",
      );
    }
    if (route.kind === "queue" && !profile.queueBehindLocal) {
      await dialplan.queue.serve(channel, thread);
      return;
    }
    const steps =
      route.kind === "steps"
        ? route.steps
        : [
            route.kind === "queue"
              ? { to: company.queue.extension, seconds: company.queue.timeoutSeconds }
              : { to: company.ringGroup.extension, seconds: route.seconds },
          ];
    for (const step of steps) {
      if (profile.style === "mikopbx") channel.at(profile.inboundContext, did, profile.routePriority);
      else channel.at("route-to", step.to, profile.routePriority);
      const result = await dialplan.dialLocal(channel, thread, "internal-incoming", step.to, step.seconds * 1000);
      if (result.leg) {
        exchange.answer(channel);
        // A queue answers for its music: that is nobody's answer yet.
        if (route.kind !== "queue") channel.set("M_DIALSTATUS", "ANSWER");
        await exchange.talk(channel, result.leg, thread);
        channel.priority += 1;
        if (route.kind === "steps" && route.afterTalkSeconds !== undefined) {
          channel.at("after-talk", "s", 2);
          await exchange.wait(thread, route.afterTalkSeconds * 1000);
        }
        return;
      }
    }
    channel.hangupCause = profile.style === "mikopbx" ? 16 : 19;
  };
}
