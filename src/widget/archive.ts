/**
 * The widget's archive as amoCRM takes it (amoCRM's developer pages "Структура архива"): files at the root of the zip, UTF-8, Unix
 * line ends. The files themselves live in `web/widget/`; the service's address and the version are written into them here.
 */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { strToU8, zipSync } from "fflate";

export interface WidgetArchiveOptions {
  /** Where browsers reach the service, e.g. "https://pbx.example.org"; a path may follow, no query. */
  readonly serviceUrl: string;
  /** Of the widget; amoCRM's browsers keep files by it, so it rises with every upload. */
  readonly version: string;
}

const SOURCE = new URL("../../web/widget/", import.meta.url);

/** These name the service's address or the version. */
const TEMPLATES = ["manifest.json", "script.js"];

const FILES = [
  "style.css",
  "i18n/ru.json",
  "i18n/en.json",
  "images/logo_main.png",
  "images/logo_small.png",
  "images/logo.png",
  "images/logo_medium.png",
  "images/logo_min.png",
  "images/tour_1_ru.png",
  "images/tour_1_en.png",
];

/** A fixed time: the same input gives the same bytes. */
const MODIFIED = new Date("2020-01-01T00:00:00Z");

/**
 * Bytes of the zip.
 * @throws {RangeError} when the address is not one that a browser inside an https page could open
 */
export async function buildWidgetArchive({ serviceUrl, version }: WidgetArchiveOptions): Promise<Uint8Array> {
  const address = toAddress(serviceUrl);
  const read = (name: string) => readFile(fileURLToPath(new URL(name, SOURCE)));
  const entries: Record<string, Uint8Array> = {};
  for (const name of TEMPLATES) {
    const text = (await read(name)).toString("utf8");
    entries[name] = strToU8(text.replaceAll("{{serviceUrl}}", address).replaceAll("{{version}}", version));
  }
  for (const name of FILES) entries[name] = await read(name);
  return zipSync(entries, { mtime: MODIFIED });
}

/** Spelled by the URL parser, so that it holds no double quote that could end the string it is written into. */
function toAddress(serviceUrl: string): string {
  const url = URL.parse(serviceUrl);
  const local = url?.hostname === "localhost" || url?.hostname === "127.0.0.1";
  if (!url || !(url.protocol === "https:" || (url.protocol === "http:" && local)))
    throw new RangeError(
      `the widget needs an https address of the service, got "${serviceUrl}" (e.g. https://pbx.example.org)`,
    );
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}
