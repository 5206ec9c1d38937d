/** What employees say of their calls for the CRM: kept, and made into what corrects the notes. */
import type { Call } from "../../calls/call.ts";
import { callId } from "../../calls/call-id.ts";
import type { CallWords } from "../../outbox/call-words.ts";
import { type CallWord, type CorrectionContext, correctionOf } from "../../rules/correction.ts";
import type { CorrectCall } from "../../rules/intent.ts";

export interface CallCorrectionsDeps {
  readonly account: string;
  readonly words: CallWords;
  /** A call of this account, living or ended. */
  readonly findCall: (callId: string) => Promise<Call | undefined>;
  /** Makes intents of all calls that have ended. */
  readonly conclude: () => Promise<void>;
  readonly contextOf: (call: Call) => Promise<CorrectionContext>;
  readonly now: () => number;
}

export class CallCorrections {
  readonly #deps: CallCorrectionsDeps;

  constructor(deps: CallCorrectionsDeps) {
    this.#deps = deps;
  }

  /**
   * Keeps a text for the call's note, or the card on which the call belongs, said during the call or after it. Resolves
   * when it would survive a power cut.
   * @param by shown to whoever asks who it was
   * @returns what is to be corrected now; null: the call goes on, and its words are looked at when it has ended;
   * undefined: there is no such call
   */
  async say(id: string, word: Omit<CallWord, "id">, by: string): Promise<CorrectCall | null | undefined> {
    const { account, words, findCall, conclude, contextOf, now } = this.#deps;
    const call = await findCall(id);
    if (call === undefined) return undefined;
    await words.say(account, id, word, by, now());
    await conclude();
    // It may have ended meanwhile.
    const whole = await findCall(call.mergedInto ?? id);
    return whole?.endedAt == null ? null : this.of(whole, await contextOf(whole));
  }

  /** All that was said of an ended call; null: nothing. */
  async of(call: Call, context: CorrectionContext): Promise<CorrectCall | null> {
    if (call.endedAt === null || call.mergedInto !== null) return null;
    return correctionOf(call, await this.wordsOf(call), context);
  }

  /** All that was said of a call, living or ended, in the order in which it was said. */
  wordsOf(call: Call): Promise<readonly CallWord[]> {
    // Calls that turned out to be parts of this one left their linkedids here.
    const parts = call.linkedids.map((linkedid) => callId(call.pbx, linkedid));
    return this.#deps.words.ofCalls(this.#deps.account, [call.id, ...parts]);
  }
}
