import type { Call } from "../calls/call.ts";

/** Where in the CRM a note goes. `type` is the API's plural name. */
export interface CrmEntity {
  readonly type: "leads" | "contacts" | "companies";
  readonly id: number;
}

/** One thing the CRM should be told or asked. `uniq` is ours, made from the call and the step, and never re-used. */
export type CrmIntent =
  | {
      readonly kind: "log-call";
      readonly uniq: string;
      readonly entity: CrmEntity;
      readonly call: CallFacts;
      /** amoCRM user: author and responsible must be the same one for «Аналитика → Звонки» to count the call. */
      readonly userId: number | null;
      /** Who took or made the call, in words, when the extension belongs to no amoCRM user («кому: …»). */
      readonly calledName: string | null;
      /** The extended line, e.g. "dst: 205 | Продажи | did: 3345". */
      readonly result: string;
    }
  | {
      /**
       * Puts the call of a stranger before people to sort. One lead for a caller and episode: while his last unsorted
       * lead stands undecided, the next call becomes a note of that lead.
       */
      readonly kind: "add-unsorted";
      readonly uniq: string;
      /** null: the account's main pipeline, chosen by the CRM. */
      readonly pipelineId: number | null;
      readonly call: CallFacts;
      readonly userId: number | null;
      readonly calledName: string | null;
      readonly result: string;
    }
  | {
      readonly kind: "create-contact";
      readonly uniq: string;
      /** E.164 with "+", or digits. */
      readonly phone: string;
      /** Who becomes responsible; null: whoever the CRM chooses. */
      readonly userId: number | null;
    }
  | {
      /** Puts the recording's link into a note (or unsorted call) written before the sound file was ready. */
      readonly kind: "link-recording";
      readonly uniq: string;
      readonly call: CallFacts;
    };

/** The facts of an ended call that the CRM is told. */
export interface CallFacts
  extends Pick<Call, "id" | "direction" | "disposition" | "did" | "startedAt" | "talkSeconds"> {
  /** E.164 with "+", or the digits as they came when they are no valid number. */
  readonly phone: string;
  /** null: none will come. */
  readonly recordingUrl: string | null;
}
