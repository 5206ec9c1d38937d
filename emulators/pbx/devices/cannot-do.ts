/** Something was asked of a phone or of a client that the present state does not allow; the message says what. */
export class CannotDo extends Error {}
