import type { Channel, Thread } from "../exchange/channel.ts";
import type { Exchange } from "../exchange/exchange.ts";

/** Pulls a channel out of its dial or talk into a bridge with another: Bridge() of the dialplan (captures 15, m13). No DialEnd tells of it. */
export async function bridgeWith(exchange: Exchange, channel: Channel, target: Channel, thread: Thread): Promise<void> {
  joinBridge(exchange, target, channel);
  await exchange.bridged(channel, thread);
}

/** Puts two channels into a new bridge; `first` enters first, after it was taken out of whatever it was in. */
function joinBridge(exchange: Exchange, first: Channel, second: Channel): void {
  const bridge = exchange.newBridge();
  first.dialling?.abandon();
  exchange.takeOut(first);
  exchange.answer(first);
  first.bridgedByApplication = true;
  second.bridgedByApplication = true;
  exchange.enter(bridge, first);
  exchange.enter(bridge, second);
  exchange.setConnected(first, second.callerId);
  exchange.setConnected(second, first.callerId);
}

/** The AMI action Bridge: both channels leave their dialplans (capture 15c). */
export function bridgeTwo(exchange: Exchange, one: Channel, two: Channel): void {
  one.dialling?.abandon();
  exchange.takeOut(one);
  joinBridge(exchange, two, one);
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
