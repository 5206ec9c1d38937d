import type { AmiErrorCode } from "./ami-error.ts";

/**
 * How long to wait before the next connection, in milliseconds: exponential with jitter, so that several services do
 * not come back at the same moment.
 *
 * - Nobody listens: a bare TCP knock, which costs nothing and logs nobody in; at most 0.5 s, so that a restarted PBX is
 *   seen at once.
 * - The login or the certificate was refused, or something else answers: from 30 s to 5 min. MikoPBX feeds failed logins to
 *   fail2ban, and a ban would cost more than the wait.
 * - The link was lost: at most 10 s.
 *
 * @param failures how many connections in a row have failed so, 1 or more
 * @param random from 0 to 1
 */
export function retryDelay(failures: number, code: AmiErrorCode, random: number): number {
  const { first, most } = policyFor(code);
  return Math.min(first * 2 ** (failures - 1), most) * (0.5 + random / 2);
}

function policyFor(code: AmiErrorCode): { readonly first: number; readonly most: number } {
  switch (code) {
    case "ami/unreachable":
      return { first: 100, most: 500 };
    case "ami/authentication-failed":
    case "ami/certificate-refused":
    case "ami/permission-denied":
    case "ami/not-an-ami":
      return { first: 30_000, most: 300_000 };
    default:
      return { first: 100, most: 10_000 };
  }
}
