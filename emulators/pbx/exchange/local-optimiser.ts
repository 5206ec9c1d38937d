import type { Line } from "../packet-text.ts";
import type { Bridge } from "./bridge.ts";
import type { Channel } from "./channel.ts";
import type { Exchange } from "./exchange.ts";

/** A Local pair between two bridges of two, and who would talk without it. */
interface Joint {
  readonly one: Channel;
  readonly two: Channel;
  readonly outer: Bridge;
  readonly inner: Bridge;
  readonly source: Channel;
  readonly callee: Channel;
}

/** Takes Local pairs out of the talks that go through them, as Asterisk does a moment after the answer. */
export class LocalOptimiser {
  readonly #exchange: Exchange;
  #done = 0;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  /** Plans it for this half's pair, if it may be taken out now; it has to be so still when the time has come. */
  consider(half: Channel): void {
    if (!jointOf(half)) return;
    this.#exchange.later(this.#exchange.delay("optimise"), () => {
      const joint = jointOf(half);
      if (joint) this.#takeOut(joint);
    });
  }

  #takeOut({ one, two, outer, inner, source, callee }: Joint): void {
    const exchange = this.#exchange;
    const id = this.#done++;
    const pair: Line[] = [...one.lines(exchange.profile, "LocalOne"), ...two.lines(exchange.profile, "LocalTwo")];
    // Which real channel moves differs from run to run on a real PBX; here it takes turns, so that both are met.
    const [mover, from, swapped, to, left] =
      id % 2 === 0 ? [source, outer, two, inner, one] : [callee, inner, one, outer, two];
    exchange.emit("LocalOptimizationBegin", "call", [
      ...pair,
      ...source.lines(exchange.profile, "Source"),
      ["DestUniqueId", two.uniqueid],
      ["Id", id],
    ]);
    exchange.stepOut(from, mover);
    exchange.stepOut(to, swapped);
    exchange.enter(to, mover, swapped);
    exchange.emit("LocalOptimizationEnd", "call", [
      ...one.lines(exchange.profile, "LocalOne"),
      ...two.lines(exchange.profile, "LocalTwo"),
      ["Success", "No"],
      ["Id", id],
    ]);
    exchange.stepOut(from, left);
    exchange.destroyIfEmpty(from);
    exchange.hangup(one, 16);
  }
}

function jointOf(half: Channel): Joint | undefined {
  const [one, two] = half.half === 1 ? [half, half.peer] : [half.peer, half];
  if (!one?.optimisable || !two || one.hungUp || two.hungUp) return undefined;
  if (one.music || two.music) return undefined; // whoever hears the music would lose it
  const [outer, inner] = [one.bridge, two.bridge];
  if (!isPlainTalk(outer) || !isPlainTalk(inner)) return undefined;
  const [source, callee] = [outer.otherThan(one), inner.otherThan(two)];
  return source && callee && { one, two, outer, inner, source, callee };
}

function isPlainTalk(bridge: Bridge | undefined): bridge is Bridge {
  return bridge?.kind === "basic" && bridge.optimises && bridge.members.size === 2;
}
