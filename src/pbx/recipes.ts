import type { AutoAnswer } from "../calls/phone-control.ts";

/**
 * How each kind of PBX is asked for what people do with calls, as data. In templates `{extension}`, `{number}` and
 * `{mobile}` stand for what is dialled, `{context}` for where, `{line}` for the number that the client is to see; all are
 * checked before they are filled in.
 */
export interface DialRecipe {
  /** What rings first. */
  readonly channel: string;
  /** Where the number is dialled from when the employee has answered. */
  readonly context: string;
  /** What the employee's phone shows; undefined where the PBX sees to it by a variable. */
  readonly callerId?: string;
  readonly variables: readonly string[];
  /** Ask the employee's phone to pick up by itself; only phones that obey such a header do. */
  readonly autoAnswer: Readonly<Record<AutoAnswer, readonly string[]>>;
  /** What rings first when it is the employee's mobile. */
  readonly mobileChannel: string;
  /** Tell the dialplan which number the client is to see; null where the PBX alone chooses it. */
  readonly line: readonly string[] | null;
}

export interface PhoneRecipe {
  readonly dial: DialRecipe;
  /** Context that knows the numbers a call can be handed over to. */
  readonly transferContext: string;
  /** Context that rings an employee without its being a transfer. */
  readonly ringContext: string;
  /**
   * How a call that rings elsewhere is given to whoever answers for it: `pick-up` (the application PickupChan: fast,
   * and the PBX itself decides a race, but it needs a phone that rings) or `bridge` (MikoPBX's `interception-bridge`,
   * which also fetches a client who waits in a queue with music). With `bridge` a ringing leg is not needed.
   */
  readonly fetch: "pick-up" | "bridge";
  /** Typed in a talk to begin a consultation, and in a consultation to swap sides. */
  readonly featureCodes: { readonly consult: string; readonly swap: string };
  readonly parkingLot: string;
}

/** Asterisk's own default, which neither MikoPBX nor FreePBX was seen to change (assumed). */
const SWAP = "*4";

export const RECIPES = {
  /** Run on MikoPBX's own dialplan (captures m01, m08, m09, m10, m13, m19): the phone shows `pt1c_cid`. */
  mikopbx: {
    dial: {
      channel: "Local/{extension}@internal-originate",
      context: "all_peers",
      // the number is also where the phone is sent after its answer; what else it is to show is the name
      variables: ["pt1c_cid={number}", "origCidName={shows}"],
      // Dropped by the PBX when several contacts ring (read in its dialplan). Nothing with a colon in the header's value.
      autoAnswer: {
        "call-info": ["__PT1C_SIP_HEADER=Call-Info:\\;answer-after=0"],
        "alert-info": ["__PT1C_SIP_HEADER=Alert-Info:\\;info=alert-autoanswer"],
      },
      mobileChannel: "Local/{mobile}@{context}", // read, not run
      line: null, // its outgoing routes choose the provider, and with it the number
    },
    transferContext: "internal-transfer",
    ringContext: "internal",
    fetch: "bridge",
    featureCodes: { consult: "##", swap: SWAP },
    parkingLot: "default",
  },
  /** Run on a plain Asterisk 22 (captures 01b, 08, 09, 15b); the contexts are the installation's own to name. */
  asterisk: {
    dial: {
      channel: "PJSIP/{extension}",
      context: "from-internal",
      callerId: '"{shows}" <{shows}>',
      variables: [],
      autoAnswer: {
        "call-info": ["PJSIP_HEADER(add,Call-Info)=<sip:pbx>\\;answer-after=0"],
        "alert-info": ["PJSIP_HEADER(add,Alert-Info)=<sip:pbx>\\;info=alert-autoanswer"],
      },
      mobileChannel: "Local/{mobile}@{context}",
      line: ["__KOMMUTATOR_LINE={line}"], // the installation's own dialplan has to read it
    },
    transferContext: "from-internal",
    ringContext: "from-internal",
    fetch: "pick-up",
    featureCodes: { consult: "*2", swap: SWAP },
    parkingLot: "default",
  },
  /**
   * Read in FreePBX's dialplan, not run: without the two variables its records show the wrong source and the call is
   * not recorded.
   */
  freepbx: {
    dial: {
      channel: "Local/{extension}@from-internal",
      context: "from-internal",
      callerId: '"{shows}" <{extension}>',
      variables: ["__REALCALLERIDNUM={extension}", "AMPUSER={extension}"],
      autoAnswer: {
        "call-info": ["__CALLINFO=Call-Info: <uri>\\;answer-after=0"],
        "alert-info": ["__ALERT_INFO=Ring Answer"],
      },
      mobileChannel: "Local/{mobile}@{context}",
      line: ["__TRUNKCIDOVERRIDE={line}"], // assumed
    },
    transferContext: "from-internal-xfer",
    ringContext: "from-internal",
    fetch: "pick-up",
    featureCodes: { consult: "*2", swap: SWAP },
    parkingLot: "default",
  },
} as const satisfies Record<string, PhoneRecipe>;
