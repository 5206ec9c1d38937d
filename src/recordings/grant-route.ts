/** `POST /recordings/grant`: the widget shows amoCRM's token of the user, and is given leave for him to hear one recording. */
import type { Clock } from "../lib/clock.ts";
import type { Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import type { ListeningGrants, RecordingLinks } from "./link.ts";
import type { RecordingStore } from "./recording.ts";

export interface GrantRouteOptions {
  readonly links: RecordingLinks;
  readonly grants: ListeningGrants;
  readonly store: Pick<RecordingStore, "find" | "ownerOf">;
  /** Pages of the CRM's accounts, exact origins. */
  readonly origins: readonly string[];
  /** Whom the CRM's word, which came with the request, is for; null when it is not the CRM's, or of another account. */
  readonly identify: (request: RouteRequest) => Promise<{ readonly account: string; readonly userId: number } | null>;
  readonly clock: Clock;
}

export function grantRoute(options: GrantRouteOptions): Route {
  return {
    method: "POST",
    path: "/recordings/grant",
    bodyLimit: 1_024,
    cors: { origins: options.origins, requestHeaders: ["X-Auth-Token", "Content-Type"] },
    handle: (request) => answer(request, options),
  };
}

/** A user who is not known, a link that is not ours and a recording of another account are one answer. */
async function answer(
  request: RouteRequest,
  { links, grants, store, identify, clock }: GrantRouteOptions,
): Promise<RouteAnswer> {
  const user = await identify(request);
  const link = new URLSearchParams(request.body).get("link") ?? "";
  const opened = await links.verify(link, (callId) => store.ownerOf(callId));
  if (user === null || opened?.account !== user.account) {
    return json(404, { error: "refused", message: "This recording is not to be heard." });
  }
  const { account, callId } = opened;
  const recording = await store.find(callId);
  const seconds = recording?.state === "ready" ? recording.mp3.seconds : 0;
  return json(200, { grant: grants.issue(account, callId, user.userId, clock.now(), seconds) });
}

function json(status: number, body: unknown): RouteAnswer {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
