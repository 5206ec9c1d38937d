import type { Listeners } from "../../../src/lib/listeners.ts";
import { when } from "../wait.ts";
import type { CallState } from "./call-progress.ts";
import type { CallSignalling } from "./call-signalling.ts";

/** The transfers that a phone asks for in one call, one at a time, and what the PBX reports of them (RFC 3515). */
export class Transfers {
  readonly #signalling: CallSignalling;
  readonly #changes: Listeners<void>;
  #status: number | undefined;

  /** @param changes told by the call after each change of its state, and from here after each report */
  constructor(signalling: CallSignalling, changes: Listeners<void>) {
    this.#signalling = signalling;
    this.#changes = changes;
  }

  /**
   * Asks for a transfer to `target`, a Refer-To value. Resolves with the status reported last when that is final or the call
   * has ended; an end without a report counts as 200.
   * @throws when the PBX refuses to transfer, or says nothing in time
   */
  async to(target: string, call: { readonly state: CallState }, timeoutMs: number): Promise<number> {
    this.#status = undefined;
    const headers = { "Refer-To": target, "Referred-By": `<${this.#signalling.dialog.localUri}>` };
    const response = await this.#signalling.request("REFER", headers);
    if (response.status >= 300) throw new Error(`${call}: REFER was refused with ${response.status}`);
    const fact = () => {
      if (this.#status !== undefined && this.#status >= 200) return this.#status;
      return call.state === "ended" ? (this.#status ?? 200) : undefined;
    };
    return when(this.#changes, fact, { what: `${call}: the transfer's result`, ms: timeoutMs });
  }

  /** @param report how the transfer goes, as a status line */
  note(report: string): void {
    const status = /SIP\/2\.0 (\d+)/.exec(report)?.[1];
    if (status === undefined) return;
    this.#status = Number(status);
    this.#changes.tell();
  }
}
