/**
 * The two ways of speaking that the emulator knows, as data: a plain Asterisk 22 with a small company's dialplan, and MikoPBX.
 * Names, channel variables and typical delays are those of the recorded streams of both.
 */
export type ProfileStyle = "asterisk" | "mikopbx";

export interface Profile {
  readonly style: ProfileStyle;
  /** PJSIP endpoint of the provider line; trunk channels are `PJSIP/<trunk>-xxxxxxxx`. */
  readonly trunk: string;
  /** Context where calls from the provider start. */
  readonly inboundContext: string;
  /** Context and priority that an outbound call stands at while the provider is being dialled. */
  readonly outboundContext: string;
  readonly outboundPriority: number;
  /** Priority of the Dial line on incoming routes, in internal-users and in internal-originate. */
  readonly routePriority: number;
  readonly userPriority: number;
  readonly originatePriority: number;
  /** Variables that `channelvars` of manager.conf repeats on every channel event, in order. */
  readonly channelVariables: readonly string[];
  /** Language of channels that are not desk phones. */
  readonly trunkLanguage: string;
  /** Queue's name in AMI; `stateInterface` of a member for this name. */
  readonly queueName: string;
  readonly stateInterface: (extension: string) => string;
  /** True when a ringing or talking phone is not offered a second direct call (MikoPBX). */
  readonly skipsBusyPhones: boolean;
  /** True when an incoming queue call goes through a Local pair (MikoPBX) and not straight into the queue. */
  readonly queueBehindLocal: boolean;
  /** `answered-leg`: each answered leg gets a file, announced by StartRecording. `call`: one file on the outer channel, bridged time only. */
  readonly records: "answered-leg" | "call";
  readonly parking: { readonly context: string; readonly first: number; readonly last: number };
  /** True when the company number replaces the employee's caller ID on outbound calls. */
  readonly replacesOutboundCallerId: boolean;
  /** Typed in a talk it begins a consultation. */
  readonly consultationCode: string;
  /** True when internal-transfer also knows outside numbers. */
  readonly transfersOutside: boolean;
  /** True when a blind transfer to a busy or absent colleague comes back to who transferred. */
  readonly blindTransferReturns: boolean;
  /** What `CoreSettings` says of itself. */
  readonly asteriskVersion: string;
  /** Typical delays of the recorded PBX, milliseconds. The emulator multiplies them by its `pace`. */
  readonly delays: {
    readonly route: number;
    readonly ring: number;
    readonly answer: number;
    readonly outbound: number;
    readonly queue: number;
    readonly optimise: number;
    readonly hangup: number;
  };
}

const ASTERISK: Profile = {
  style: "asterisk",
  trunk: "provider",
  inboundContext: "incoming",
  outboundContext: "dial-out",
  outboundPriority: 4,
  routePriority: 3,
  userPriority: 4,
  originatePriority: 6,
  channelVariables: ["DIALEDPEERNUMBER", "BRIDGEPEER", "FROM_DID", "CDR(recordingfile)"],
  trunkLanguage: "en",
  queueName: "main",
  stateInterface: (extension) => `PJSIP/${extension}`,
  skipsBusyPhones: false,
  queueBehindLocal: false,
  records: "call",
  parking: { context: "parkedcalls", first: 701, last: 720 },
  replacesOutboundCallerId: true,
  consultationCode: "*2",
  transfersOutside: true,
  blindTransferReturns: false,
  asteriskVersion: "22.10.1",
  delays: { route: 2, ring: 4, answer: 2, outbound: 5, queue: 2, optimise: 20, hangup: 3 },
};

const MIKOPBX: Profile = {
  style: "mikopbx",
  trunk: "SIP-TRUNK-66453e4b",
  inboundContext: "SIP-TRUNK-66453e4b-incoming",
  outboundContext: "SIP-TRUNK-66453e4b-1-outgoing",
  outboundPriority: 17,
  routePriority: 20,
  userPriority: 19,
  originatePriority: 15,
  channelVariables: [
    "DIALEDPEERNUMBER",
    "BLKVM_CHANNEL",
    "BRIDGEPEER",
    "INTERCHANNEL",
    "FROM_DID",
    "mikoidconf",
    "conf_1c",
    "1cautoanswer",
    "extenfrom1c",
    "spyee",
    "datafrom1c",
    "CDR(lastapp)",
    "CDR(channel)",
    "CDR(src)",
    "CDR(dst)",
    "CDR(recordingfile)",
  ],
  trunkLanguage: "en-en",
  queueName: "QUEUE-7D4F0A11",
  stateInterface: (extension) => `hint:${extension}@internal-hints`,
  skipsBusyPhones: true,
  queueBehindLocal: true,
  records: "answered-leg",
  parking: { context: "parked-calls", first: 801, last: 820 },
  replacesOutboundCallerId: false,
  consultationCode: "##",
  transfersOutside: false,
  blindTransferReturns: true,
  asteriskVersion: "22.10.1",
  delays: { route: 80, ring: 450, answer: 60, outbound: 350, queue: 250, optimise: 10, hangup: 60 },
};

export function profileOf(style: ProfileStyle): Profile {
  return style === "mikopbx" ? MIKOPBX : ASTERISK;
}
