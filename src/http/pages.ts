/** The browser's files, read and packed once at start: they are small, and no path of a request ever meets the disk. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, sep } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import type { Route, RouteAnswer, RouteRequest } from "../lib/route.ts";
import { StartError } from "../lib/start-error.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".json": "application/json",
  ".map": "application/json",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".mp3": "audio/mpeg",
};

/** These gain nothing from packing. */
const PACKED_ALREADY: ReadonlySet<string> = new Set([".png", ".woff2", ".mp3"]);

export interface PagesOptions {
  /** Every file below it is served, `index.html` as its directory; what lies in `assets/` has its hash in its name. */
  readonly directory: string;
  /** "/panel/" */
  readonly base: string;
  /** Content-Security-Policy of a page. */
  readonly policy: (request: RouteRequest) => string;
}

interface Asset {
  readonly type: string;
  readonly etag: string;
  readonly cacheControl: string;
  /** By `Accept-Encoding`'s word, best first. */
  readonly encodings: readonly (readonly [encoding: string, bytes: Uint8Array])[];
  readonly plain: Uint8Array;
}

/** @throws StartError when the directory holds no index.html: the pages were not built */
export function pageRoutes({ directory, base, policy }: PagesOptions): Route[] {
  if (!existsSync(join(directory, "index.html"))) {
    throw new StartError(`no pages in ${directory}; build them with: script/bootstrap`);
  }
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const assets = files.map((entry) => {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(join(directory, sep).length).split(sep).join("/");
    const asset = readAsset(file, path.startsWith("assets/"));
    return { path: `${base}${path.replace(/(^|\/)index\.html$/, "$1")}`, asset };
  });
  return [
    ...assets.map<Route>(({ path, asset }) => ({
      method: "GET",
      path,
      handle: async (request) => answer(request, asset, policy),
    })),
    // A relative redirect: the service need not know under which name it was called.
    {
      method: "GET",
      path: base.replace(/\/$/, ""),
      handle: async () => ({ status: 308, headers: { location: base } }),
    },
  ];
}

function readAsset(file: string, isHashed: boolean): Asset {
  const plain = readFileSync(file);
  const extension = extname(file);
  return {
    type: TYPES[extension] ?? "application/octet-stream",
    etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`,
    cacheControl: isHashed ? "public, max-age=31536000, immutable" : "no-cache",
    encodings: PACKED_ALREADY.has(extension)
      ? []
      : [
          ["br", brotliCompressSync(plain)],
          ["gzip", gzipSync(plain, { level: 9 })],
        ],
    plain,
  };
}

function answer(request: RouteRequest, asset: Asset, policy: PagesOptions["policy"]): RouteAnswer {
  const headers: Record<string, string> = {
    "content-type": asset.type,
    "cache-control": asset.cacheControl,
    etag: asset.etag,
    vary: "accept-encoding",
  };
  if (asset.type.startsWith("text/html")) {
    headers["content-security-policy"] = policy(request);
    headers["vary"] = "accept-encoding, referer";
  }
  if (request.header("if-none-match") === asset.etag) return { status: 304, headers };
  const accepted = request.header("accept-encoding") ?? "";
  const packed = asset.encodings.find(([encoding]) => new RegExp(`\\b${encoding}\\b(?!;q=0(?![.]))`).test(accepted));
  if (packed) headers["content-encoding"] = packed[0];
  return { status: 200, headers, body: packed?.[1] ?? asset.plain };
}
