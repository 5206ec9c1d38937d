/** What can go wrong with the store, and what a person should do about it. */
const FAILURES = {
  "store/full": "the disk is full: free some space; calls wait in memory until then",
  "store/unwritable": "the file cannot be written: check its owner and rights",
  "store/corrupt": "the file is damaged: restore it from the backup",
  "store/busy": "another program holds the file: stop the second copy of the service",
  "store/taken":
    "another Kommutator works with this store: stop that one, or give this one a store of its own (store.path, store.databaseUrl)",
  "store/newer": "the store was written by a newer version: upgrade the service",
  "store/unsound-sqlite": "this Node.js carries an SQLite with a known data-loss defect: upgrade Node.js",
  "store/unreachable":
    "the database server does not answer: see that it runs, and check host and port; calls wait in memory until then",
  "store/refused": "the database server does not let us in: check user and password, and its pg_hba.conf",
  "store/no-database": "the database server has no such database: create it, or check its name",
  "store/forbidden": "the database user may not do it: let him own the database",
  "store/read-only": "the database is a standby that only reads: name the primary",
  "store/untrusted": "the database server's certificate is not trusted: name its authority by sslrootcert in the URL",
  "store/no-tls": "the database server speaks no TLS: switch it on there, or, on this very machine, leave sslmode out",
  "store/old-postgres": "PostgreSQL 15 or newer is needed",
  "store/slow": "the database takes too long: see what it is busy with; it is tried again",
  "store/unsure": "the disk did not say that it has kept what was written: see whether it is sound; it is tried again",
  "store/conflict": "two programs changed the same rows; it is tried again",
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

/** PostgreSQL's SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html), and the network's own codes, as ours. */
const BY_POSTGRES_CODE: Readonly<Record<string, StoreFailure>> = {
  "28000": "store/refused",
  "28P01": "store/refused",
  "3D000": "store/no-database",
  "3F000": "store/forbidden", // no schema that this user may create tables in
  "42501": "store/forbidden",
  "25006": "store/read-only",
  "53100": "store/full",
  "53300": "store/slow", // too many connections
  "55P03": "store/slow",
  "57014": "store/slow",
  "40001": "store/conflict",
  "40P01": "store/conflict",
  "57P01": "store/unreachable", // the three while it stops and starts
  "57P02": "store/unreachable",
  "57P03": "store/unreachable",
  ECONNREFUSED: "store/unreachable",
  ECONNRESET: "store/unreachable",
  EPIPE: "store/unreachable",
  ENOTFOUND: "store/unreachable",
  EAI_AGAIN: "store/unreachable",
  ETIMEDOUT: "store/unreachable",
  EHOSTUNREACH: "store/unreachable",
  ENETUNREACH: "store/unreachable",
  DEPTH_ZERO_SELF_SIGNED_CERT: "store/untrusted",
  SELF_SIGNED_CERT_IN_CHAIN: "store/untrusted",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "store/untrusted",
  CERT_HAS_EXPIRED: "store/untrusted",
  ERR_TLS_CERT_ALTNAME_INVALID: "store/untrusted",
};

/** `pg` tells some things by words alone. */
const BY_POSTGRES_WORDS: readonly (readonly [words: RegExp, failure: StoreFailure])[] = [
  [/does not support SSL/, "store/no-tls"],
  [/^timeout exceeded when trying to connect/, "store/slow"],
  [/^Connection terminated|^Query read timeout|^timeout expired|not queryable$/, "store/unreachable"],
];

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

  /** As `from`, of what `pg` throws: its details, which hold values of rows, are left out, for errors go into the log. */
  static fromPostgres(error: unknown): StoreError {
    if (error instanceof StoreError) return error;
    const { code, message } = error as { code?: string; message: string };
    const failure =
      BY_POSTGRES_CODE[code ?? ""] ??
      (code?.startsWith("08") ? "store/unreachable" : undefined) ??
      BY_POSTGRES_WORDS.find(([words]) => words.test(message))?.[1] ??
      "store/failed";
    // A value that has not the form of its column stands in the message itself.
    const said = code?.startsWith("22") ? "a value does not fit its column" : message;
    return new StoreError(failure, { ...(code !== undefined && { code }) }, new Error(said));
  }
}
