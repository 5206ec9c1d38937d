import type { IncomingMessage } from "node:http";
import type { Account } from "../crm/account.ts";
import type { Session, World } from "../world.ts";
import { Problem } from "./reply.ts";

/** One request to the stand, read whole. */
export interface Exchange {
  readonly world: World;
  /** Whose host was addressed. */
  readonly account: Account;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
  /** Who sits in front of the page, by its cookie. */
  readonly session: Session | undefined;
  readonly params: Readonly<Record<string, string>>;
}

/** The archive is the largest thing that anybody sends. */
const MAX_BODY = 20 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Problem(413, `A request may have ${MAX_BODY} bytes`); // Not known, chosen
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Cookies are shared by all ports of a host, so the name carries the port. */
export const sessionCookie = (world: World): string => `stand_session_${new URL(world.url).port}`;

export function readCookie(request: IncomingMessage, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split("; ")) {
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
}
