import type { Address } from "./audio/rtp.ts";
import { type CallPolicy, SipAgent } from "./sip/agent.ts";
import type { Call } from "./sip/call.ts";

/** Who calls the company. */
export interface ClientCall {
  /** The client's number; null withholds it. */
  readonly from: string | null;
  readonly did: string;
  readonly name?: string;
}

/** The telephone company at the far side of the trunk: it places clients' calls to a DID, and takes the company's calls out. */
export class Provider extends SipAgent {
  /** How a client answers, by the number the PBX dials (11 digits); all others ring. */
  readonly plan = new Map<string, CallPolicy>();

  constructor(options: { readonly local: Address; readonly pbx: Address }) {
    super({ ...options, user: "line", label: "provider", tone: 1000 });
  }

  /** A client calls the company. */
  call({ from, did, name = "" }: ClientCall): Call {
    if (from === null) {
      const anonymous = { uri: "sip:anonymous@anonymous.invalid", name: "Anonymous" };
      return this.place({ number: did, from: anonymous, headers: { Privacy: "id" } });
    }
    return this.place({ number: did, from: { uri: `sip:${from}@${this.host}`, name } });
  }

  protected override policyFor(call: Call): CallPolicy {
    return this.plan.get(call.calledNumber) ?? "ring";
  }
}
