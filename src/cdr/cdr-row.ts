/** How an attempt that is told by one row ended. Asterisk writes NO ANSWER also for a caller who gave up. */
export type CdrOutcome = "answered" | "no-answer" | "busy" | "failed" | "cancelled";

/**
 * One row of the PBX's call records, whatever it is kept in. One call leaves many: one for each phone that was tried,
 * each pair that talked, each application. Times are epoch milliseconds.
 */
export interface CdrRow {
  /** Where its source must begin to read to meet this row again. Only the source understands it. */
  readonly mark: string;
  /** Of the channel that the row is written for; MikoPBX's own suffix is taken off. */
  readonly uniqueid: string;
  /** null where the records have no such column (Master.csv as it is by default). */
  readonly linkedid: string | null;
  readonly startedAt: number;
  /** null: nobody answered. */
  readonly answeredAt: number | null;
  readonly endedAt: number;
  /** Number of the calling side; "" when hidden. */
  readonly from: string;
  /** Number, or extension of the dialplan, that was called. */
  readonly to: string;
  readonly channel: string;
  /** "" when the channel was alone with the dialplan. */
  readonly dstChannel: string;
  readonly outcome: CdrOutcome;
  readonly did: string | null;
  readonly queue: string | null;
  /** Path or name exactly as the PBX wrote it; null when there is none, or none yet. */
  readonly recording: string | null;
  /** Told by the row itself to be nothing but an attempt to begin something (MikoPBX's `appname`). */
  readonly attempt: "dial" | "interception" | null;
  /** The other side is a piece of dialplan, not a person (MikoPBX's `is_app`). */
  readonly isApp: boolean;
}

/** The same row when it is read a second time. */
export function keyOf(row: CdrRow): string {
  return [row.uniqueid, row.channel, row.dstChannel, row.startedAt, row.to].join("\n");
}
