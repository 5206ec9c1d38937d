import type { Call } from "./call.ts";
import type { SignallingOwner } from "./call-signalling.ts";

/** What a call needs of the phone or the provider it belongs to. */
export interface CallOwner extends SignallingOwner {
  /** For messages: "201". */
  readonly label: string;
  readonly host: string;
  /** Hertz. */
  readonly tone: number;
  /** `host:port` of the PBX. */
  readonly pbx: string;
  /** Does what a NOTIFY with the event `hold` or `talk` asks of it, as many desk phones do. */
  readonly obeysCallControl: boolean;
  /** Its state, its screen or the other side's hold has changed. */
  onCallChanged(call: Call): void;
  onCallEnded(call: Call): void;
}
