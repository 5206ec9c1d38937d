/** An error as one sentence for the person who runs the service. The stack is for the log. */

/** Errors of ours whose message is such a sentence already. */
const SPOKEN: ReadonlySet<string> = new Set([
  "StartError",
  "MasterKeyError",
  "StoreError",
  "AmiError",
  "CrmError",
  "CdrError",
  "SourceError",
]);

const NO_ANSWER = "no answer in time; check address and firewall";

const BY_SYSTEM_CODE: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space",
  EDQUOT: "the disk quota is used up; free some space",
  EROFS: "the disk is mounted read-only; mount it for writing",
  EACCES: "this user may not touch it; change its owner or rights",
  EPERM: "this user may not touch it; change its owner or rights",
  ENOENT: "it is not there; check the name",
  ENOTDIR: "a part of the name is no directory; check the name",
  EISDIR: "it is a directory, not a file; check the name",
  EMFILE: "too many files are open; raise the limit of open files (ulimit -n)",
  ECONNREFUSED: "nothing listens there; check address and port, and that the program runs",
  ECONNRESET: "the other side closed the connection",
  ENOTFOUND: "no such host; check the name and the DNS",
  EAI_AGAIN: "the name cannot be resolved now; check the network and the DNS",
  EHOSTUNREACH: "the host cannot be reached; check the network",
  ENETUNREACH: "the network cannot be reached; check the network",
  ETIMEDOUT: NO_ANSWER,
};

export function failureInWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (SPOKEN.has(error.name)) return error.message;
  if (error.name === "TimeoutError") return NO_ANSWER; // what AbortSignal.timeout rejects with
  const { code, path } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : BY_SYSTEM_CODE[code];
  if (words !== undefined) return path === undefined ? words : `${path}: ${words}`;
  // fetch hides the system's error one level down
  return error.cause instanceof Error ? failureInWords(error.cause) : error.message;
}

/** True when the sentence tells all: nobody needs the stack to act. */
export function isForeseen(error: unknown): boolean {
  return error instanceof Error && (SPOKEN.has(error.name) || BY_SYSTEM_CODE[codeOf(error)] !== undefined);
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? "";
}
