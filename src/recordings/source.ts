/** Where recordings come from: a directory, a web server, MikoPBX's own interface. All of them are asked in this way. */
import type { LostReason } from "./recording.ts";

/** One sound file of a call. */
export interface SoughtPart {
  /** Path or name exactly as the PBX told it. Never trusted: it may have come with a call record. */
  readonly file: string;
  /** Epoch ms. */
  readonly startedAt: number;
  readonly linkedids: readonly string[];
}

/** It will never be given, whoever asks again. */
export interface Refused {
  readonly refused: Extract<LostReason, "outside-directory" | "foreign-address" | "too-large">;
}

export interface FoundPart {
  /** Changes for as long as the file is being written. */
  readonly sign: string;
  /**
   * Brings it to this machine.
   * @param into a file that may be made for it; the caller removes it
   * @returns where it lies: there, or where it has always been
   * @throws SourceError, or the file system's error when `into` cannot be written
   */
  fetch(into: string): Promise<{ readonly file: string } | "absent" | Refused>;
}

export interface RecordingSource extends AsyncDisposable {
  /** For the log: "files", "http", "mikopbx". */
  readonly name: string;
  /** Nothing is there sooner after the call. Milliseconds. */
  readonly soonestMs: number;
  /**
   * Looks for it, without reading it.
   * @returns "absent" when it is not there, or not yet
   * @throws SourceError when that cannot be known now
   */
  find(part: SoughtPart): Promise<FoundPart | "absent" | Refused>;
}

const REMEDIES = {
  "recordings/no-directory": "the directory of the recordings is not there: check that it is mounted",
  "recordings/unreachable": "the server of the recordings cannot be reached: check address, port and firewall",
  "recordings/untrusted": "the certificate of the recordings' server is not the expected one",
  "recordings/unauthorised":
    "the server of the recordings does not let us in: check the user and the password, or the API key",
  "recordings/refused": "the server of the recordings answers otherwise than it should",
  "recordings/overloaded": "the PBX is too busy to give recordings; it is asked again",
} as const;

export type SourceErrorCode = keyof typeof REMEDIES;
export const sourceErrorCodes = Object.keys(REMEDIES) as readonly SourceErrorCode[];

/** A source cannot tell now. Never a verdict on the recording. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: SourceErrorCode;

  constructor(code: SourceErrorCode, detail = "", cause?: unknown) {
    super(`${code}: ${REMEDIES[code]}${detail && ` (${detail})`}`, { cause });
    this.code = code;
  }
}
