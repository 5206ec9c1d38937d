/** What a channel's keys mean while it talks: the feature codes of features.conf, typed by the phone or put on it by AMI. */
import type { Channel } from "../exchange/channel.ts";
import type { Dialplan } from "./dialplan.ts";
import type { Transfers } from "./transfer.ts";

/** Swaps sides in a consultation; Asterisk's default. */
const SWAP = "*4";
const TRANSFER_CONTEXT = "internal-transfer";

export class Tones {
  readonly #dialplan: Dialplan;
  readonly #transfers: Transfers;
  /** What was typed so far that is not yet a whole code or number. */
  readonly #typed = new WeakMap<Channel, { isNumber: boolean; digits: string }>();

  constructor(dialplan: Dialplan, transfers: Transfers) {
    this.#dialplan = dialplan;
    this.#transfers = transfers;
  }

  /** Played to the party on the channel. */
  play(channel: Channel, digit: string): void {
    channel.heardDigits += digit;
  }

  /** As if the party had typed it. */
  type(channel: Channel, digit: string): void {
    const typed = this.#typed.get(channel) ?? { isNumber: false, digits: "" };
    const digits = typed.digits + digit;
    if (typed.isNumber) {
      const isWhole = this.#dialplan.lookup(TRANSFER_CONTEXT, digits) !== undefined;
      if (isWhole) this.#transfers.attended(channel, TRANSFER_CONTEXT, digits);
      this.#typed.set(channel, isWhole ? { isNumber: false, digits: "" } : { isNumber: true, digits });
      return;
    }
    const code = this.#dialplan.profile.consultationCode;
    if (digits.endsWith(SWAP) && this.#transfers.swap(channel)) this.#typed.delete(channel);
    else if (digits.endsWith(code)) this.#typed.set(channel, { isNumber: true, digits: "" });
    else this.#typed.set(channel, { isNumber: false, digits: digits.slice(-4) });
  }
}
