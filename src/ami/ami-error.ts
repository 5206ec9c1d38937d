/**
 * Every way in which talking to an AMI can fail, with who can repair it:
 * `wait` – the session tries again by itself; `settings` – a person must change ours or the PBX's settings;
 * `caller` – the request was wrong; `pbx` – the PBX said something it should not.
 */
const FAILURES = {
  "ami/unreachable": {
    remedy: "wait",
    advice: "cannot reach the PBX; check address and port, and that its firewall lets this machine in",
  },
  "ami/not-an-ami": {
    remedy: "settings",
    advice: "what answers there is not an Asterisk manager; check the port, and whether TLS is meant",
  },
  "ami/certificate-refused": {
    remedy: "settings",
    advice: "the PBX's certificate is not trusted; give its CA or its fingerprint",
  },
  "ami/authentication-failed": {
    remedy: "settings",
    advice:
      "the PBX refused the login; check user and secret, and the manager user's network filter, which is refused in the same words",
  },
  "ami/no-answer": { remedy: "wait", advice: "the PBX took the connection but did not answer in time" },
  "ami/link-lost": { remedy: "wait", advice: "the connection to the PBX was lost" },
  "ami/half-open": { remedy: "wait", advice: "the PBX stopped answering pings; the connection was given up" },
  "ami/not-connected": { remedy: "wait", advice: "not connected to the PBX; nothing was sent" },
  "ami/closed": { remedy: "caller", advice: "the session was closed" },
  "ami/too-many-actions": { remedy: "wait", advice: "too many actions wait for the PBX's answer; nothing was sent" },
  "ami/bad-action": { remedy: "caller", advice: "this action cannot be written; nothing was sent" },
  "ami/permission-denied": {
    remedy: "settings",
    advice: "the manager user lacks the right for this action; see the list of rights in docs/protocols/ami.md",
  },
  "ami/unknown-action": { remedy: "settings", advice: "this PBX does not have this action" },
  "ami/rejected": { remedy: "caller", advice: "the PBX rejected the action" },
  "ami/not-a-list": { remedy: "caller", advice: "the PBX answered with a single response where a list was expected" },
  "ami/list-too-long": { remedy: "pbx", advice: "the PBX sent a longer list than is kept" },
  "ami/line-too-long": {
    remedy: "pbx",
    advice: "a line of this packet is longer than is read; the packet was skipped",
  },
  "ami/packet-too-long": { remedy: "pbx", advice: "the packet is longer than is read; it was skipped" },
  "ami/unreadable-packet": { remedy: "pbx", advice: "the packet is neither an event nor a response; it was skipped" },
} as const satisfies Record<string, { remedy: "wait" | "settings" | "caller" | "pbx"; advice: string }>;

export type AmiErrorCode = keyof typeof FAILURES;
export type AmiRemedy = (typeof FAILURES)[AmiErrorCode]["remedy"];

/** All codes, for the documentation's test. */
export const amiErrorCodes = Object.keys(FAILURES) as readonly AmiErrorCode[];

/** A failure of the AMI link or of one action. Branch on `code`; `message` is for people. Never holds a secret. */
export class AmiError extends Error {
  override readonly name = "AmiError";
  readonly code: AmiErrorCode;
  /** What is known beside the code: host, limit, action's name, the PBX's own words. */
  readonly context: Readonly<Record<string, string | number>>;

  constructor(code: AmiErrorCode, context: Record<string, string | number> = {}, cause?: unknown) {
    const known = Object.entries(context).map(([key, value]) => `${key}=${value}`);
    super([`${code}: ${FAILURES[code].advice}`, ...known].join("; "), { cause });
    this.code = code;
    this.context = context;
  }

  get remedy(): AmiRemedy {
    return FAILURES[this.code].remedy;
  }
}
