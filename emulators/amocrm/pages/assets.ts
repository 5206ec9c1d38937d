/** Files that pages load: the stand's own, the AMD loader with jQuery, and widgets out of their archives. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { extname } from "node:path";
import type { Exchange } from "../http/exchange.ts";
import { html, type Reply } from "../http/reply.ts";

const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".twig": "text/plain; charset=utf-8",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".svg": "image/svg+xml",
};

const own = (name: string) => new URL(`./browser/${name}`, import.meta.url);
const { resolve } = createRequire(import.meta.url);

/** Address below `/stand-assets/` → file. Nothing else can be read. */
const FILES: Readonly<Record<string, string | URL>> = {
  "stand.css": own("stand.css"),
  "boot.js": own("boot.js"),
  "consent.js": own("consent.js"),
  "stand/app.js": own("app.js"),
  "stand/page.js": own("page.js"),
  "stand/navigation.js": own("navigation.js"),
  "stand/notifications.js": own("notifications.js"),
  "stand/widget-base.js": own("widget-base.js"),
  "stand/widget-host.js": own("widget-host.js"),
  "stand/widget-settings.js": own("widget-settings.js"),
  "lib/components/base/modal.js": own("modal.js"),
  "vendor/require.js": resolve("requirejs/require.js"),
  "vendor/jquery.js": resolve("jquery/dist/jquery.js"),
};

const file = (name: string, body: Uint8Array): Reply => ({
  status: 200,
  headers: { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "cache-control": "no-cache" },
  body,
});

export async function standAsset({ params }: Exchange): Promise<Reply> {
  const path = FILES[params["name"] ?? ""];
  return path ? file(params["name"] ?? "", await readFile(path)) : html("<!doctype html><p>404", 404);
}

export function widgetFile({ world, account, params }: Exchange): Reply {
  const name = decodeURIComponent(params["name"] ?? "");
  const bytes = world
    .widgetsOf(account)
    .get(params["code"] ?? "")
    ?.archive.files.get(name);
  return bytes ? file(name, bytes) : html("<!doctype html><p>404", 404);
}
