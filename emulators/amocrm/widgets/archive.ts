/**
 * Opens a widget archive and tells everything that is wrong with it, as the upload form and the moderators would
 * (docs/protocols/amocrm-platform.md#widgets, #what-moderators-refuse).
 */
import { unzipSync } from "fflate";
import { checkImages } from "./check-images.ts";
import { checkManifest, type Manifest } from "./check-manifest.ts";
import { checkScripts } from "./check-scripts.ts";

export interface WidgetArchive {
  readonly manifest: Manifest;
  /** Texts by language. */
  readonly texts: Readonly<Record<string, object>>;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The archive is refused; `faults` are sentences for the person who made it. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(`the widget archive is refused: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

const TEXT_FILE = /\.(json|js|css|twig)$/;

export function openArchive(zip: Uint8Array): WidgetArchive {
  const files = new Map<string, Uint8Array>();
  try {
    for (const [name, bytes] of Object.entries(unzipSync(zip))) if (!name.endsWith("/")) files.set(name, bytes);
  } catch (cause) {
    throw new ArchiveError([`not a readable zip file (${cause instanceof Error ? cause.message : String(cause)})`]);
  }
  if (!files.has("manifest.json")) {
    const inside = [...files.keys()].find((name) => name.endsWith("/manifest.json"));
    throw new ArchiveError([
      inside
        ? `files must stand at the root of the archive, not inside "${inside.slice(0, inside.indexOf("/"))}/"`
        : "manifest.json is missing",
    ]);
  }
  const faults = [...checkTextFiles(files)];
  const manifestJson = parse(files, "manifest.json", faults);
  const texts = readTexts(files, faults);
  const manifest = checkManifest(manifestJson, texts, faults);
  faults.push(...checkScripts(files), ...checkImages(files, manifest));
  if (faults.length > 0) throw new ArchiveError(faults);
  return { manifest, texts, files };
}

function* checkTextFiles(files: ReadonlyMap<string, Uint8Array>): Generator<string> {
  for (const [name, bytes] of files) {
    if (!TEXT_FILE.test(name)) continue;
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) yield `${name}: starts with a byte order mark`;
    if (bytes.includes(0x0d)) yield `${name}: line ends must be Unix ones (LF)`;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      yield `${name}: is not UTF-8`;
    }
  }
}

function parse(files: ReadonlyMap<string, Uint8Array>, name: string, faults: string[]): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(files.get(name)));
  } catch (cause) {
    faults.push(`${name}: not valid JSON (${cause instanceof Error ? cause.message : String(cause)})`);
    return {};
  }
}

function readTexts(files: ReadonlyMap<string, Uint8Array>, faults: string[]): Record<string, object> {
  const texts: Record<string, object> = {};
  for (const name of files.keys()) {
    const language = /^i18n\/(\w+)\.json$/.exec(name)?.[1];
    const parsed = language ? parse(files, name, faults) : undefined;
    if (language && typeof parsed === "object" && parsed !== null) texts[language] = parsed;
  }
  const [first, ...others] = Object.entries(texts);
  if (!first) faults.push("i18n/: no language file");
  for (const [language, tree] of others) {
    const [mine, theirs] = [new Set(keysOf(tree)), new Set(keysOf(first?.[1] ?? {}))];
    for (const key of theirs)
      if (!mine.has(key)) faults.push(`i18n/${language}.json: no "${key}", which ${first?.[0]}.json has`);
    for (const key of mine)
      if (!theirs.has(key)) faults.push(`i18n/${first?.[0]}.json: no "${key}", which ${language}.json has`);
  }
  return texts;
}

/** Dotted paths of all texts. */
export const keysOf = (tree: object, prefix = ""): string[] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? keysOf(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
