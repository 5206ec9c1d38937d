/** Hears the PBX for itself, so that what it said is known independently of the service. */

import { AmiSession } from "../../src/ami/session.ts";
import type { AmiEndpoint } from "../../src/ami/socket.ts";
import { systemClock } from "../../src/lib/clock.ts";

/** An account of etc/manager.conf that is sent these kinds and nothing else. */
const USERNAME = "bench";
const KINDS = ["Newchannel", "DialState", "BridgeEnter"];

export class PbxWitness implements AsyncDisposable {
  /** When each phone told that it rings, by its leg; epoch milliseconds, as the PBX stamped it. */
  readonly rungAt = new Map<string, number>();
  /** How long the ring of a phone was on its way from the PBX to here; milliseconds. */
  readonly delays: number[] = [];
  /** Clients' calls that the PBX told of. */
  taken = 0;
  /** Clients who were connected with an employee. */
  talked = 0;
  readonly #session: AmiSession;

  private constructor(ami: AmiEndpoint & { readonly secret: string }) {
    this.#session = new AmiSession({
      ...ami,
      username: USERNAME,
      eventMask: "call",
      kinds: new Set(KINDS),
      clock: systemClock,
    });
    this.#session.onPacket((event) => {
      const isClient = event.get("Channel")?.startsWith("PJSIP/provider") ?? false;
      const kind = event.get("Event");
      if (kind === "Newchannel" && isClient) this.taken++;
      if (kind === "BridgeEnter" && isClient) this.talked++;
      const isRinging = kind === "DialState" && event.get("DialStatus") === "RINGING";
      if (isRinging && event.get("DestChannel")?.startsWith("PJSIP/20")) {
        const at = Number(event.get("Timestamp")) * 1000;
        this.rungAt.set(event.get("DestUniqueid") ?? "", at);
        this.delays.push(Date.now() - at);
      }
    });
  }

  /** Resolves when it hears. */
  static async open(ami: AmiEndpoint & { readonly secret: string }): Promise<PbxWitness> {
    const witness = new PbxWitness(ami);
    const isUp = Promise.withResolvers<void>();
    witness.#session.onState((state) => {
      if (state.state === "up") isUp.resolve();
    });
    witness.#session.start();
    await isUp.promise;
    return witness;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
