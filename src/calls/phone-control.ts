/**
 * What may be asked of the phones. Implemented by `pbx/`; a promise settles when the PBX has taken the action,
 * which only means "queued": whether it happened is told by the call's events.
 */
export interface PhoneControl {
  /**
   * Rings the employee's phone first, showing `number` on it, and then calls `number`.
   * @param legId becomes the Uniqueid and the Linkedid of the whole call, so that it is known before its first event
   * @throws PhoneControlError
   */
  dial(request: { readonly extension: string; readonly number: string; readonly legId: string }): Promise<void>;
  /** Hangs up one leg. @throws PhoneControlError */
  hangUp(request: { readonly legId: string }): Promise<void>;
}

export type PhoneControlFailure =
  | "pbx-unreachable"
  | "permission-denied"
  | "no-such-leg"
  | "unknown-extension"
  | "invalid-number"
  | "rejected";

export class PhoneControlError extends Error {
  override readonly name = "PhoneControlError";
  readonly code: PhoneControlFailure;

  constructor(code: PhoneControlFailure, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}
