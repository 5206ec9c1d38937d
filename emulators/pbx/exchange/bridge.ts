import { randomUUID } from "node:crypto";
import type { Line } from "../packet-text.ts";
import type { Channel } from "./channel.ts";

/** Asterisk's mixing point. A basic bridge ends when one of its two members leaves for good; a parking bridge holds any number. */
export class Bridge {
  readonly uniqueid = randomUUID();
  readonly kind: "basic" | "parking";
  readonly members = new Set<Channel>();
  /** False while an attended transfer uses the bridge: Local pairs in it stay. */
  optimises = true;
  destroyed = false;

  constructor(kind: "basic" | "parking" = "basic") {
    this.kind = kind;
  }

  otherThan(channel: Channel): Channel | undefined {
    for (const member of this.members) if (member !== channel) return member;
    return undefined;
  }

  lines(prefix = ""): Line[] {
    const parking = this.kind === "parking";
    return [
      [`${prefix}BridgeUniqueid`, this.uniqueid],
      [`${prefix}BridgeType`, this.kind],
      [`${prefix}BridgeTechnology`, parking ? "holding_bridge" : "simple_bridge"],
      [`${prefix}BridgeCreator`, parking ? "Parking" : "<unknown>"],
      [`${prefix}BridgeName`, parking ? "default" : "<unknown>"],
      [`${prefix}BridgeNumChannels`, this.members.size],
      [`${prefix}BridgeVideoSourceMode`, "none"],
    ];
  }
}
