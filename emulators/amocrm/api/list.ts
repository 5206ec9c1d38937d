/** Lists in pages (docs/protocols/amocrm-platform.md#lists). */
import { Problem, type Reply } from "../http/reply.ts";
import { type ApiCall, MAX_PER_REQUEST } from "./call.ts";

const DEFAULT_PAGE = 50;

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
