/** What an API handler is given, and the conventions that all of them share (docs/protocols/amocrm-platform.md#the-api). */
import type { Account } from "../crm/account.ts";
import type { Actor, User } from "../crm/model.ts";
import type { FormTree } from "../http/php-form.ts";
import { Problem, type Reply } from "../http/reply.ts";
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

/** Entities that are written, or shown, at once. */
export const MAX_PER_REQUEST = 250;

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

/** The comma list of `with=`; unknown words are ignored by whoever asks for known ones. */
export const withOf = (call: ApiCall): ReadonlySet<string> => new Set((call.query.get("with") ?? "").split(","));
