/** What the PBX's answers to actions mean for whoever asked the phones. */
import type { AmiError } from "../ami/ami-error.ts";
import type { AmiPacket } from "../ami/packet.ts";
import type { OwnPhoneReport, PhoneControlFailure } from "../calls/phone-control.ts";

/**
 * `OriginateResponse` speaks of the employee's phone only, never of the client. Of a failure it names the leg just by the
 * Uniqueid that was asked for, and the reason is vague: 3 nobody answered, 5 the phone said busy, 0 anything
 * (captures m02-click-to-call-employee-no-answer, m02d-click-to-call-unregistered).
 */
export function toOwnPhoneReport(event: AmiPacket): OwnPhoneReport | undefined {
  if (event.event !== "OriginateResponse") return undefined;
  const legId = event.get("Uniqueid");
  if (legId === undefined) return undefined;
  if (event.get("Response") === "Success") return { legId, answer: "answered" };
  switch (event.get("Reason")) {
    case "3":
      return { legId, answer: "no-answer" };
    case "5":
      return { legId, answer: "refused" };
    default:
      return { legId, answer: "unreached" };
  }
}

/** The PBX's own words are those of Asterisk 22, seen on the lab. */
export function toFailure({ code, context }: AmiError): PhoneControlFailure {
  switch (code) {
    case "ami/not-connected":
    case "ami/closed":
    case "ami/too-many-actions":
      return "pbx-unreachable";
    case "ami/no-answer":
    case "ami/link-lost":
      return "unanswered";
    case "ami/permission-denied":
      return "permission-denied";
    case "ami/unknown-action":
      return "not-supported";
    default:
      if (GONE.has(String(context["said"]))) return "no-such-leg";
      if (context["said"] === "Extension does not exist.") return "no-route";
      return "rejected";
  }
}

const GONE: ReadonlySet<string> = new Set([
  "No such channel",
  "Channel does not exist",
  "Channel specified does not exist",
  "Channel not found",
]);
