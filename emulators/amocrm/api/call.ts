/** What an API handler is given, and the conventions that all of them share (docs/protocols/amocrm-platform.md#the-api). */
import type { Account } from "../crm/account.ts";
import type { Actor, User } from "../crm/model.ts";
import type { FormTree } from "../http/php-form.ts";
import { type FieldFault, Problem, type Reply, validationProblem } from "../http/reply.ts";
import type { Route } from "../http/router.ts";
import type { Integration } from "../oauth/integrations.ts";
import type { World } from "../world.ts";

export interface ApiCall {
  readonly world: World;
  readonly account: Account;
  readonly user: User;
  readonly actor: Actor;
  /** `null`: a page of the CRM with its session. */
  readonly integration: Integration | null;
  readonly method: string;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The query with PHP's nesting. */
  readonly tree: FormTree;
  readonly contentType: string;
  readonly rawBody: Buffer;
}

export type ApiRoute = Route<ApiCall, Reply>;
export type Item = Readonly<Record<string, unknown>>;

export const MAX_PER_REQUEST = 250;
const DEFAULT_PAGE = 50;

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
  if (!isItem(body)) throw invalid([{ code: "InvalidType", path: "", detail: "This value should be of type array." }]);
  return body;
}

/** Refuses one object; `faults` may be empty, then nothing happens. */
export function invalid(errors: readonly FieldFault[]): Problem {
  return validationProblem([{ request_id: "0", errors }]);
}

/** The array of a collection's POST or PATCH; one bad element refuses all of them (docs/protocols/amocrm-platform.md#errors). */
export function readBatch(call: ApiCall, check: (item: Item) => readonly FieldFault[], max = MAX_PER_REQUEST): Item[] {
  const body = toList(readJson(call));
  if (body === undefined)
    throw invalid([{ code: "InvalidType", path: "", detail: "This value should be of type array." }]);
  if (body.length === 0) throw new Problem(400, "Request data can not be empty");
  if (body.length > max) throw new Problem(422, `Limit ${max} per page`);
  const faults = body.flatMap((item: unknown, index) => {
    const errors: readonly FieldFault[] = isItem(item)
      ? check(item)
      : [{ code: "InvalidType", path: "", detail: "This value should be of type array." }];
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
  return given === undefined || given === null ? String(index) : String(given);
}

export const selfLink = (call: ApiCall, path: string) => ({ self: { href: `${call.account.url}${path}` } });

export function intParam(call: ApiCall, name: string): number {
  const value = Number(call.params[name]);
  if (!Number.isSafeInteger(value)) throw notFound(call);
  return value;
}

export const notFound = (call: Pick<ApiCall, "method" | "account" | "path">): Problem =>
  new Problem(404, `Cannot ${call.method} ${call.account.url}${call.path}`);

export function requireAdmin(call: ApiCall): void {
  if (!call.user.is_admin) throw new Problem(403, "Forbidden");
}

/** A right that the caller's user lacks, whatever an integration may (docs/protocols/amocrm-platform.md#users). */
export function requireRight(isGiven: boolean): void {
  if (!isGiven) throw new Problem(403, "Forbidden");
}

export interface ListOptions {
  /** Adds `_total_items`; and `_page_count` when "pages". */
  readonly total?: boolean | "pages";
}

/**
 * One page of `all` in the collection's envelope; no body when the page is empty. A full last page still has a `next`
 * link, which then leads to an empty page (docs/protocols/amocrm-platform.md#lists).
 */
export function listReply<T>(
  call: ApiCall,
  name: string,
  all: readonly T[],
  view: (item: T) => object,
  options: ListOptions = {},
): Reply {
  const limit = positive(call.query.get("limit"), DEFAULT_PAGE);
  if (limit > MAX_PER_REQUEST) throw new Problem(422, `Limit ${MAX_PER_REQUEST} per page`); // Not known, chosen: the real answer to GET is not known
  const page = positive(call.query.get("page"), 1);
  const items = all.slice((page - 1) * limit, page * limit);
  if (items.length === 0) return { status: 204 };
  const at = (number: number) => {
    const query = new URLSearchParams(call.query);
    query.set("page", String(number));
    query.set("limit", String(limit));
    return { href: `${call.account.url}${call.path}?${query}` };
  };
  const body = {
    ...(options.total ? { _total_items: all.length } : {}),
    _page: page,
    ...(options.total === "pages" ? { _page_count: Math.ceil(all.length / limit) } : {}),
    _links: {
      self: at(page),
      ...(items.length === limit ? { next: at(page + 1) } : {}),
      ...(page > 1 ? { first: at(1), prev: at(page - 1) } : {}),
    },
    _embedded: { [name]: items.map(view) },
  };
  return { status: 200, headers: { "content-type": "application/hal+json" }, body: JSON.stringify(body) };
}

function positive(text: string | null, fallback: number): number {
  const value = Number(text);
  return text !== null && Number.isInteger(value) && value > 0 ? value : fallback;
}

/** The comma list of `with=`; unknown words are ignored by whoever asks for known ones. */
export const withOf = (call: ApiCall): ReadonlySet<string> => new Set((call.query.get("with") ?? "").split(","));

/** Actor of a write; the token's user. */
export const isActiveUser = (account: Account, id: unknown): boolean =>
  id === 0 || (typeof id === "number" && account.users.get(id)?.is_active === true);
