/** Whose call it was, and how that is told. Pure. */
import type { Call, EmployeeShare } from "../calls/call.ts";
import type { Client } from "../clients/client.ts";
import { type Account, findEmployeeByExtension } from "../directory/directory.ts";

export interface Author {
  readonly extension: string | null;
  /** Name of the employee, if the directory has one. */
  readonly name: string | null;
  readonly userId: number | null;
  /** In words, when the extension belongs to no amoCRM user («кому: …»). */
  readonly calledName: string | null;
}

/**
 * The last who talked with the client; when nobody did, the first who rang (inbound) or dialled (outbound). A missed
 * call that rang nobody, in a menu or after hours, is the client's responsible user's.
 */
export function authorOf(call: Call, account: Account, client: Client | undefined): Author {
  const share: EmployeeShare | undefined =
    call.employees.findLast((employee) => employee.result === "answered") ??
    call.employees.find((employee) => employee.result === "transferred-away") ??
    call.employees[0];
  if (share === undefined) {
    return { extension: null, name: null, userId: client?.responsibleUserId ?? null, calledName: null };
  }
  return authorAt(share.extension, account);
}

export function authorAt(extension: string, account: Account): Author {
  const employee = findEmployeeByExtension(account, extension);
  const userId = employee?.userId ?? null;
  const name = employee?.name ?? null;
  return { extension, name, userId, calledName: userId === null ? (name ?? extension) : null };
}

/** "dst: 205 | Продажи | did: 3345"; parts that are not known are left out. An outbound call tells who dialled. */
export function resultLine(call: Call, extension: string | null, pipelineName: string | null): string {
  const side = call.direction === "inbound" ? "dst" : "src";
  return [extension && `${side}: ${extension}`, pipelineName, call.did && `did: ${call.did}`]
    .filter((part) => part !== null && part !== "")
    .join(" | ");
}
