import { noContent } from "../http/reply.ts";
import type { ApiRoute } from "./call.ts";

/**
 * Lists of what is not kept here. Clients ask for them on their way, and an account that has none of these answers as
 * every empty list does; nothing can be added.
 */
export const emptyListRoutes: readonly ApiRoute[] = [
  "catalogs",
  "chats/templates",
  "customers/segments",
  "talks",
  "website_buttons",
].map((name) => ({ method: "GET", path: `/api/v4/${name}`, run: () => noContent }));
