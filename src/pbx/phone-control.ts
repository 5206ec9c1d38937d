import type { ActionFields } from "../ami/action.ts";
import { AmiError } from "../ami/ami-error.ts";
import type { AmiPacket } from "../ami/packet.ts";
import type { AmiSession } from "../ami/session.ts";
import {
  type OwnPhoneReport,
  type PhoneControl,
  PhoneControlError,
  type PhoneControlFailure,
} from "../calls/phone-control.ts";
import type { DialRecipe } from "./dial-recipes.ts";

/** The events that a session must deliver to a phone control, lest no dial tells how the own phone answered. */
export const PHONE_CONTROL_EVENTS: ReadonlySet<string> = new Set(["OriginateResponse"]);

export interface AmiPhoneControlOptions {
  readonly session: Pick<AmiSession, "action" | "onPacket">;
  readonly recipe: DialRecipe;
  /** How long the employee's own phone rings. */
  readonly ringSeconds: number;
  /** Name of the channel with this Uniqueid, undefined when it is gone. The switchboard knows it. */
  readonly channelOf: (legId: string) => string | undefined;
}

/** As people dial: digits, feature codes, a leading plus. The rest has a meaning of its own somewhere in a dialplan. */
const NUMBER = /^\+?[0-9*#]{1,32}$/;
/** Names of endpoints; whatever could end one (`/ @ & , ;`) is not among them. */
const EXTENSION = /^[A-Za-z0-9_-]{1,32}$/;

/** Q.850 causes that a phone is hung up with. */
const NORMAL_CLEARING = 16;
const CALL_REJECTED = 21;

/** Asks the phones through an AMI session, in the words of one kind of PBX. */
export class AmiPhoneControl implements PhoneControl {
  readonly #options: AmiPhoneControlOptions;

  constructor(options: AmiPhoneControlOptions) {
    this.#options = options;
  }

  async dial({ extension, number, legId }: Parameters<PhoneControl["dial"]>[0]): Promise<void> {
    if (!EXTENSION.test(extension)) throw new PhoneControlError("invalid-extension");
    if (!NUMBER.test(number)) throw new PhoneControlError("invalid-number");
    const { recipe, ringSeconds } = this.#options;
    const fill = (template: string) => template.replaceAll("{extension}", extension).replaceAll("{number}", number);
    await this.#ask({
      Action: "Originate",
      Channel: fill(recipe.channel),
      Context: recipe.context,
      Exten: number,
      Priority: 1,
      CallerID: recipe.callerId === undefined ? undefined : fill(recipe.callerId),
      Timeout: ringSeconds * 1000,
      Async: true,
      ChannelId: legId,
      // the second half of a Local channel needs an id too, or it shares no beginning with ours
      OtherChannelId: recipe.channel.startsWith("Local/") ? `${legId}-other` : undefined,
      Variable: recipe.variables.map(fill),
    });
  }

  async hangUp({ legId, declining }: Parameters<PhoneControl["hangUp"]>[0]): Promise<void> {
    const channel = this.#options.channelOf(legId);
    if (channel === undefined) throw new PhoneControlError("no-such-leg");
    // MikoPBX takes 21 on a ringing leg as a refusal: the route goes on, a queue skips the member (capture m07d-queue-panel-declines)
    await this.#ask({ Action: "Hangup", Channel: channel, Cause: declining ? CALL_REJECTED : NORMAL_CLEARING });
  }

  onOwnPhone(listener: (report: OwnPhoneReport) => void): Disposable {
    return this.#options.session.onPacket((event) => {
      const report = toOwnPhoneReport(event);
      if (report !== undefined) listener(report);
    });
  }

  async #ask(fields: ActionFields): Promise<void> {
    try {
      await this.#options.session.action(fields);
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      throw new PhoneControlError(toFailure(error), { cause: error });
    }
  }
}

/**
 * `OriginateResponse` speaks of the employee's phone only, never of the client. Of a failure it names the leg just by the
 * Uniqueid that was asked for, and the reason is vague: 3 nobody answered, 5 the phone said busy, 0 anything
 * (captures m02-click-to-call-employee-no-answer, m02d-click-to-call-unregistered).
 */
function toOwnPhoneReport(event: AmiPacket): OwnPhoneReport | undefined {
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
function toFailure({ code, context }: AmiError): PhoneControlFailure {
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
    default:
      if (context["said"] === "No such channel") return "no-such-leg";
      if (context["said"] === "Extension does not exist.") return "no-route";
      return "rejected";
  }
}
