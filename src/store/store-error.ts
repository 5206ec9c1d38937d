/** What can go wrong with the store, and what a person should do about it. */
const FAILURES = {
  "store/full": "the disk is full: free some space; calls wait in memory until then",
  "store/unwritable": "the file cannot be written: check its owner and rights",
  "store/corrupt": "the file is damaged: restore it from the backup",
  "store/busy": "another program holds the file: stop the second copy of the service",
  "store/newer": "the file was written by a newer version: upgrade the service",
  "store/unsound-sqlite": "this Node.js carries an SQLite with a known data-loss defect: upgrade Node.js",
  "store/failed": "see the cause in the log",
} as const;

export type StoreFailure = keyof typeof FAILURES;

/** All codes, for the documentation. */
export const storeFailureCodes = Object.keys(FAILURES) as readonly StoreFailure[];

/** SQLite's primary result codes (sqlite.org/rescode.html) as ours. */
const BY_SQLITE_CODE: Record<number, StoreFailure> = {
  5: "store/busy",
  6: "store/busy",
  8: "store/unwritable",
  10: "store/failed",
  11: "store/corrupt",
  13: "store/full",
  14: "store/unwritable",
  23: "store/unwritable",
  26: "store/corrupt",
};

export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreFailure;
  /** One sentence for a person: what to do. */
  readonly remedy: string;

  constructor(code: StoreFailure, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    const details = Object.entries(context).map(([key, value]) => `${key}=${String(value)}`);
    super([code, FAILURES[code], ...details].join("; "), { cause });
    this.code = code;
    this.remedy = FAILURES[code];
  }

  /** The driver's error in our words; an error that is ours already passes through. */
  static from(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const { errcode, code } = error as { errcode?: number; code?: string };
    if (code === "ENOSPC") return new StoreError("store/full", {}, error);
    if (code === "EACCES" || code === "EROFS") return new StoreError("store/unwritable", {}, error);
    // The low byte is the primary code; the rest says more about it.
    return new StoreError(BY_SQLITE_CODE[(errcode ?? 0) & 0xff] ?? "store/failed", {}, error);
  }
}
