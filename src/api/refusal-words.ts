/** Why a command was not done, in words for whoever wrote the program that asked. The panel's own words are for people. */
import type { CommandRefusal } from "../panel/protocol.ts";

/** Reasons that a program can be given: it opens no cards. */
export type PhoneReason = Exclude<CommandRefusal, "crm-unavailable" | "no-such-client">;

export const REFUSAL_WORDS: Readonly<Record<PhoneReason, string>> = {
  "not-your-leg": "This leg is not the employee's, and he is no manager.",
  "no-such-call": "There is no such live call.",
  "invalid-number": "This is no number: digits, *, # and a leading + are.",
  "no-such-line": "The account has no such line to be seen by the client.",
  "no-extension": "The employee has no phone of this number.",
  "own-phone-offline": "The employee's phone is not registered at the PBX.",
  "own-phone-busy": "The employee's phone is busy.",
  "own-phone-no-answer": "The employee did not pick up.",
  "own-phone-rejected": "The employee refused the call on his phone.",
  "client-busy": "The number is busy.",
  "client-no-answer": "The number did not answer.",
  "no-route": "The PBX has no way to this number.",
  "pbx-unreachable": "The PBX cannot be reached.",
  "pbx-permission": "The PBX does not let the service do this: its AMI user lacks a right.",
  "pbx-rejected": "The PBX refused it and said no more.",
  "already-running": "A command on this leg has not shown its effect yet.",
  cancelled: "The employee ended it himself.",
  "no-such-number": "The telephone company says that nobody has this number.",
  "unknown-target": "The PBX has no such number to hand over to.",
  "target-busy": "The one it was to be handed over to is busy.",
  "target-refused": "The one it was to be handed over to refused.",
  "target-no-answer": "The one it was to be handed over to did not answer.",
  "target-unreachable": "The one it was to be handed over to has no phone that could ring.",
  "client-left": "The other side hung up before it was done.",
  "wrong-moment": "The call is not in the state that this needs.",
  "answered-elsewhere": "Somebody else was faster.",
  "client-parked": "The client was parked meanwhile.",
  "not-your-client": "The caller is not this employee's own client, or does not ring any more.",
  "phone-ignores-it": "The phone was told, and did nothing.",
  "not-supported": "This PBX cannot do it.",
};
