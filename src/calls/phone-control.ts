/**
 * What may be asked of the phones, and what the PBX says of it. Implemented by `pbx/`; a promise settles when the PBX
 * has taken the action, which only means "queued": whether it happened is told by the call's events.
 */
export interface PhoneControl {
  /**
   * Rings the employee's phone first, showing `number` on it, and then calls `number`.
   * @param legId begins with `DIAL_REQUEST_PREFIX`; becomes the Uniqueid and the Linkedid of the whole call, so that it
   * is known before its first event
   * @throws PhoneControlError
   */
  dial(request: { readonly extension: string; readonly number: string; readonly legId: string }): Promise<void>;
  /**
   * Hangs up one leg.
   * @param declining true when the leg rings and the employee refuses the call: the PBX goes on to the next phone
   * @throws PhoneControlError
   */
  hangUp(request: { readonly legId: string; readonly declining: boolean }): Promise<void>;
  /** Calls back once for each dial whose own-phone half has ended. Dials of other programs are told too. */
  onOwnPhone(listener: (report: OwnPhoneReport) => void): Disposable;
}

/** How the first half of a dial ended: the employee's own phone. */
export interface OwnPhoneReport {
  /** The one that `dial` was given. */
  readonly legId: string;
  /** `unreached`: the PBX gives no reason; without any sign of a ringing phone it means that none is registered. */
  readonly answer: "answered" | "no-answer" | "refused" | "unreached";
}

export type PhoneControlFailure =
  | "pbx-unreachable"
  /** Sent, but the link or the PBX's patience ended before its answer: it may have happened. */
  | "unanswered"
  | "permission-denied"
  | "no-such-leg"
  | "invalid-extension"
  | "invalid-number"
  /** The dialplan does not know the number. */
  | "no-route"
  | "rejected";

export class PhoneControlError extends Error {
  override readonly name = "PhoneControlError";
  readonly code: PhoneControlFailure;

  constructor(code: PhoneControlFailure, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}
