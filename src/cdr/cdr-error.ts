/** What can go wrong with the PBX's records, and what a person should do about it. */
const FAILURES = {
  "cdr/unreachable": "the PBX's call records cannot be reached: check address, port and firewall",
  "cdr/unauthorised": "the PBX does not let us read its call records: check the user and the password, or the API key",
  "cdr/overloaded": "the PBX is too busy to give its call records; it is asked again",
  "cdr/refused": "the PBX refuses to give its call records: see what it says",
  "cdr/not-there": "the table or file of the call records is not there: check its name in the settings",
  "cdr/no-column": "a column of the call records is not there: check pbx[].records.columns",
  "cdr/unreadable": "the call records are not in the form that the settings name",
  "cdr/untrusted": "the certificate of the PBX is not the expected one: check records.caFile or records.fingerprint256",
} as const;

export type CdrFailure = keyof typeof FAILURES;

/** All codes, for the documentation. */
export const cdrFailureCodes = Object.keys(FAILURES) as readonly CdrFailure[];

export class CdrError extends Error {
  override readonly name = "CdrError";
  readonly code: CdrFailure;

  constructor(code: CdrFailure, details?: string, cause?: unknown) {
    super([`${code}: ${FAILURES[code]}`, details].filter(Boolean).join("; "), { cause });
    this.code = code;
  }
}
