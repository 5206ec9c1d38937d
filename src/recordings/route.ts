/** `GET /recordings/<link>`: the sound behind a signed link, for the CRM's player. */
import { createReadStream } from "node:fs";
import type { Route, RouteAnswer } from "../lib/route.ts";
import type { RecordingLinks } from "./link.ts";
import type { Recording, RecordingStore } from "./recording.ts";

export interface RecordingRouteOptions {
  readonly links: RecordingLinks;
  readonly store: Pick<RecordingStore, "find" | "accountOf">;
  readonly fileOf: (recording: Recording & { readonly state: "ready" }) => string;
}

/** The CRM's page is of another origin and plays it there; the signature is what protects it. */
const FOR_THE_CRM = { "cross-origin-resource-policy": "cross-origin", "cache-control": "private, max-age=3600" };

export function recordingRoute({ links, store, fileOf }: RecordingRouteOptions): Route {
  return {
    method: "GET",
    path: "/recordings/:link",
    async handle({ params }) {
      const callId = await links.verify(params["link"] ?? "", (id) => store.accountOf(id));
      if (callId === undefined) return words(404, "This link is not valid.");
      const recording = await store.find(callId);
      switch (recording?.state) {
        case undefined:
          return words(404, "This link is not valid.");
        case "pending":
          return words(503, "The recording is still being written.", { "retry-after": "5" });
        case "none":
          return words(410, "Nothing was recorded in this call.");
        case "lost":
          return words(410, `The recording is lost (${recording.reason}).`);
        case "ready": {
          const file = fileOf(recording);
          return {
            status: 200,
            headers: { ...FOR_THE_CRM, "content-type": "audio/mpeg", "content-disposition": "inline" },
            body: {
              size: recording.bytes,
              etag: `${callId}-${recording.bytes}`,
              open: (start, end) => createReadStream(file, { start, end }),
            },
          };
        }
      }
    },
  };
}

function words(status: number, text: string, headers: Readonly<Record<string, string>> = {}): RouteAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8", ...headers }, body: text };
}
