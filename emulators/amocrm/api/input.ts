/** Bodies of requests: reading them, and refusing what is wrong in them (docs/protocols/amocrm-platform.md#requests, #errors). */
import type { Account } from "../crm/account.ts";
import { type FieldFault, Problem, validationProblem } from "../http/reply.ts";
import { notAnArray } from "../http/shape.ts";
import { type ApiCall, MAX_PER_REQUEST } from "./call.ts";

export type Item = Readonly<Record<string, unknown>>;

export function readJson(call: ApiCall): unknown {
  if (call.rawBody.length === 0) throw new Problem(400, "Request data can not be empty");
  try {
    return JSON.parse(call.rawBody.toString("utf8"));
  } catch {
    throw new Problem(400, "Malformed JSON in request body"); // Not known, chosen: the real words are not known
  }
}

export const isItem = (value: unknown): value is Item =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export function readItem(call: ApiCall): Item {
  const body = readJson(call);
  if (!isItem(body)) throw invalid([notAnArray("")]);
  return body;
}

/** Refuses one object; `faults` may be empty, then nothing happens. */
export function invalid(errors: readonly FieldFault[]): Problem {
  return validationProblem([{ request_id: "0", errors }]);
}

/** The array of a collection's POST or PATCH; one bad element refuses all of them (docs/protocols/amocrm-platform.md#errors). */
export function readBatch(call: ApiCall, check: (item: Item) => readonly FieldFault[], max = MAX_PER_REQUEST): Item[] {
  const body = toList(readJson(call));
  if (body === undefined) throw invalid([notAnArray("")]);
  if (body.length === 0) throw new Problem(400, "Request data can not be empty");
  if (body.length > max) throw new Problem(422, `Limit ${max} per page`);
  const faults = body.flatMap((item: unknown, index) => {
    const errors: readonly FieldFault[] = isItem(item) ? check(item) : [notAnArray("")];
    return errors.length > 0 ? [{ request_id: requestIdOf(item, index), errors }] : [];
  });
  if (faults.length > 0) throw validationProblem(faults);
  return body as Item[]; // every element was checked to be an object just above
}

/** To PHP an object is a list with names: clients that send `{"add": {…}}` are at work with the real CRM. */
function toList(body: unknown): unknown[] | undefined {
  if (Array.isArray(body)) return body;
  const items = isItem(body) ? Object.values(body) : [];
  return items.length > 0 && items.every(isItem) ? items : undefined;
}

/** Echoed, never stored; the index when the client gave none (docs/protocols/amocrm-platform.md#requests). */
export function requestIdOf(item: unknown, index: number): string {
  const given = isItem(item) ? item["request_id"] : undefined;
  return typeof given === "string" || typeof given === "number" ? String(given) : String(index);
}

/** Who may own or have done something: the robot, or a user who is not switched off. */
export const isActiveUser = (account: Account, id: unknown): boolean =>
  id === 0 || (typeof id === "number" && account.users.get(id)?.is_active === true);
