import type { Channel, Thread } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";

/** From the end of the target's ringing legs to its entering the bridge: 13 and 22 ms in the captures m13 and 15c. */
const PULLING_MS = 15;

/** Pulls a channel out of its dial or talk into a bridge with another: Bridge() of the dialplan (captures 15, m13). No DialEnd tells of it. */
export async function bridgeWith(exchange: Exchange, channel: Channel, target: Channel, thread: Thread): Promise<void> {
  const bridge = exchange.newBridge();
  pull(exchange, target);
  await exchange.wait(thread, exchange.paced(PULLING_MS));
  if (target.hungUp) return;
  channel.bridgedByApplication = true;
  exchange.enter(bridge, target);
  exchange.enter(bridge, channel);
  introduceEachOther(exchange, target, channel);
  await exchange.bridged(channel, thread);
}

/** The AMI action Bridge: both channels leave their dialplans (capture 15c). */
export function bridgeTwo(exchange: Exchange, one: Channel, two: Channel): void {
  const bridge = exchange.newBridge();
  pull(exchange, one);
  exchange.enter(bridge, one);
  pull(exchange, two);
  exchange.later(exchange.paced(PULLING_MS), () => {
    if (two.hungUp) {
      exchange.leave(one, true);
      exchange.release(one);
    } else if (one.bridge === bridge) {
      exchange.enter(bridge, two);
      introduceEachOther(exchange, two, one);
    } else exchange.release(two);
  });
}

/** Takes a channel out of whatever it is in, and answers it: its caller hears somebody now. */
function pull(exchange: Exchange, channel: Channel): void {
  channel.dialling?.abandon();
  exchange.takeOut(channel);
  exchange.answer(channel);
  channel.device?.heldByOther(channel, false); // a queue's music stays behind
  channel.bridgedByApplication = true;
}

function introduceEachOther(exchange: Exchange, first: Channel, second: Channel): void {
  exchange.setConnected(first, second.callerId);
  exchange.setConnected(second, first.callerId);
}

/** `picker`, who is answered, takes the place of the ringing `target` (captures 15b, m18b). False when nothing rings there any more. */
export function pickUp(exchange: Exchange, picker: Channel, target: Channel): boolean {
  const dial = target.dialledBy;
  if (!dial || target.hungUp || target.state === "Up") return false;
  const dialled = target.variables.get("DIALEDPEERNUMBER");
  if (dialled !== undefined) picker.set("DIALEDPEERNUMBER", dialled);
  exchange.setConnected(picker, target.connected);
  exchange.tell("Pickup", picker, target.lines(exchange.profile, "Target"));
  dial.replaceLeg(target, picker);
  if (dial.soleCaller) exchange.setConnected(dial.soleCaller, picker.callerId);
  exchange.hangup(target, 26);
  exchange.takeOut(picker);
  dial.legAnswered(picker);
  return true;
}
