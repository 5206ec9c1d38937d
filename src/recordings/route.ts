/** `GET /recordings/<link>`: the sound behind a signed link, for the CRM's player. */
import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Clock } from "../lib/clock.ts";
import type { RangedBody, Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import type { RecordingCache } from "./cache.ts";
import type { RecordingKeeper } from "./keeper.ts";
import type { ListeningGrants, RecordingLinks } from "./link.ts";
import type { Listener, ListeningBook } from "./listening.ts";
import type { Mp3, Recording, RecordingStore } from "./recording.ts";
import { WORDS, wordsPage } from "./words-page.ts";

export type ListeningMode = "open" | "guarded";

export interface RecordingRouteOptions {
  readonly links: RecordingLinks;
  readonly grants: ListeningGrants;
  readonly modeOf: (account: string) => ListeningMode;
  readonly store: Pick<RecordingStore, "find" | "ownerOf">;
  readonly cache: Pick<RecordingCache, "holds" | "fileOf">;
  readonly keeper: Pick<RecordingKeeper, "fetchAgain">;
  readonly book: ListeningBook;
  /** What the file is called when somebody saves it; ASCII, without a client's number. */
  readonly nameOf: (callId: string, account: string) => Promise<string>;
  readonly clock: Clock;
  /** A listening could not be written down. */
  readonly onTrouble: (callId: string, error: unknown) => void;
}

/** The query parameter of a grant; the widget writes it. */
const GRANT_PARAMETER = "grant";

export function recordingRoute(options: RecordingRouteOptions): Route {
  return { method: "GET", path: "/recordings/:link", handle: (request) => answer(request, options) };
}

async function answer(request: RouteRequest, options: RecordingRouteOptions): Promise<RouteAnswer> {
  const { links, store } = options;
  const opened = await links.verify(request.params["link"] ?? "", (callId) => store.ownerOf(callId));
  const listener = opened && listenerOf(request, opened, options);
  if (listener === undefined) return wordsPage(404, WORDS.refused);
  const recording = await store.find(listener.callId);
  switch (recording?.state) {
    case undefined:
      return wordsPage(404, WORDS.refused);
    case "none":
      return wordsPage(410, WORDS.none);
    case "lost":
      return wordsPage(410, WORDS.lost);
    case "pending":
      if (recording.meanwhile === null) return wordsPage(503, WORDS.pending, { "retry-after": "5" });
      return play(recording.meanwhile, listener, options);
    case "ready": {
      const mp3 = await bring(recording, options);
      return mp3 === null ? wordsPage(503, WORDS.away, { "retry-after": "60" }) : play(mp3, listener, options);
    }
  }
}

/** Who asks; undefined when he may not listen. */
function listenerOf(
  { query, ip }: RouteRequest,
  { account, callId }: { account: string; callId: string },
  { grants, modeOf, clock }: RecordingRouteOptions,
): Listener | undefined {
  const userId = grants.verify(query.get(GRANT_PARAMETER) ?? "", account, callId, clock.now()) ?? null;
  return userId === null && modeOf(account) === "guarded" ? undefined : { account, callId, userId, ip };
}

/** The mp3 where it lies, or made again; null when that is not possible now. */
async function bring(
  { callId, mp3, isCached }: Recording & { readonly state: "ready" },
  { store, cache, keeper }: RecordingRouteOptions,
): Promise<Mp3 | null> {
  if (isCached && (await cache.holds(mp3))) return mp3;
  if (!(await keeper.fetchAgain(callId))) return null;
  const again = await store.find(callId);
  return again?.state === "ready" ? again.mp3 : null;
}

async function play(mp3: Mp3, listener: Listener, options: RecordingRouteOptions): Promise<RouteAnswer> {
  const name = await options.nameOf(listener.callId, listener.account);
  return {
    status: 200,
    headers: {
      "content-type": "audio/mpeg",
      "content-disposition": `inline; filename="${name}.mp3"`,
      // The CRM's page is of another origin and plays it there. Nobody keeps a copy: each listening is asked for here.
      "cross-origin-resource-policy": "cross-origin",
      "cache-control": "no-store",
    },
    body: toBody(mp3, listener, options),
  };
}

function toBody(mp3: Mp3, listener: Listener, options: RecordingRouteOptions): RangedBody {
  const { callId } = listener;
  return {
    size: mp3.bytes,
    etag: `${callId}-${mp3.bytes}`,
    open: (start, end) => Readable.from(listen(mp3, { start, end }, listener, options), { objectMode: false }),
  };
}

/** Nothing is given before it is written down who listens. */
async function* listen(
  mp3: Mp3,
  { start, end }: { start: number; end: number },
  listener: Listener,
  options: RecordingRouteOptions,
): AsyncGenerator<Uint8Array> {
  const { book, onTrouble } = options;
  let bytes = 0;
  let tell: Awaited<ReturnType<ListeningBook["begin"]>> | undefined;
  try {
    tell = await book.begin(listener);
    const file = await openFile(mp3, listener.callId, options);
    for await (const chunk of file.createReadStream({ start, end })) {
      bytes += (chunk as Buffer).length; // no encoding is set
      yield chunk as Buffer;
    }
  } catch (error) {
    onTrouble(listener.callId, error);
    throw error; // breaks the connection: its head has been sent
  } finally {
    const reachedSeconds = bytes === 0 ? 0 : (mp3.seconds * (start + bytes)) / mp3.bytes;
    await tell?.({ bytes, reachedSeconds }).catch((error: unknown) => onTrouble(listener.callId, error));
  }
}

/** It may have made room for others since its length was told: then the same is made again. */
async function openFile(mp3: Mp3, callId: string, { cache, keeper }: RecordingRouteOptions): Promise<FileHandle> {
  try {
    return await open(cache.fileOf(mp3));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || !(await keeper.fetchAgain(callId))) throw error;
    if (!(await cache.holds(mp3))) throw error;
    return await open(cache.fileOf(mp3));
  }
}
