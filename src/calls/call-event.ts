import type { Disposition, Transfer } from "./call.ts";
import type { CdrCall } from "./cdr-call.ts";
import type { LegEvent } from "./leg-event.ts";
import type { CallStory, ToldTransfer } from "./story.ts";

/**
 * What is concluded about one call, recorded for ever: a call is the fold of these (`evolve.ts`), nothing else.
 * What was heard of its legs is kept as heard, so that a better judgement can be made of old calls;
 * what we made of it stands beside.
 */
export type CallEvent = { readonly callId: string; readonly at: number } & (Conclusion | LegEvent);

export type Conclusion =
  | { readonly type: "call-began"; readonly pbx: string; readonly linkedid: string; readonly partial: boolean }
  /** The other call turned out to be a part of this one (transfer, pickup, interception); its story until then. */
  | { readonly type: "call-merged"; readonly other: CallStory }
  /** This call turned out to be a part of another one and goes on there. */
  | { readonly type: "call-absorbed"; readonly into: string }
  /** `replaces`: it is what the transfer of that index has turned out to be. */
  | ({ readonly type: "transfer-began"; readonly replaces?: number } & ToldTransfer)
  /** What became of the `index`-th transfer of the call; who was parked goes to whoever fetched him. */
  | {
      readonly type: "transfer-settled";
      readonly index: number;
      readonly to: string | null;
      readonly result: Transfer["result"];
    }
  /** What the PBX's records tell of a call that we saw in part, or not at all; then it stands before `call-ended`. */
  | { readonly type: "call-recovered"; readonly told: CdrCall }
  /** `endedBy`: "client", an extension, or "pbx". */
  | {
      readonly type: "call-ended";
      readonly disposition: Disposition;
      readonly endedBy: string | null;
      /** It ended while we were away. */
      readonly partial: boolean;
    };
