/**
 * Builds the browser's side: `node web/build.ts [--out DIR]` → dist/web/panel/{index.html,en.html,assets/*}.
 * Each language has a page and a script of its own, which carries no word of the other.
 * Names of assets carry a hash of their content, so that they may be cached for ever; the pages must not be.
 * The stylesheet is one for both and comes beside the script: neither waits for the other.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BuildOptions, build } from "esbuild";

const WEB = fileURLToPath(new URL(".", import.meta.url));
const DEFAULT_OUT = fileURLToPath(new URL("../dist/web", import.meta.url));

const PAGES = [
  { language: "ru", page: "index.html" },
  { language: "en", page: "en.html" },
] as const;

/** Builds the panel's pages into `out/panel`. */
export async function buildPanel(out: string): Promise<void> {
  const panelOut = join(out, "panel");
  const assets = join(panelOut, "assets");
  const shared: BuildOptions = {
    bundle: true,
    minify: true,
    target: ["es2022", "chrome111", "firefox115", "safari16.4"],
    entryNames: "[name]-[hash]",
    outdir: assets,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
  };
  /** Builds one file and tells its name. */
  const make = async (name: string, source: string, options: BuildOptions): Promise<string> => {
    const entry = join(WEB, source);
    const { metafile } = await build({ ...shared, ...options, entryPoints: { [name]: entry } });
    const made = Object.entries(metafile?.outputs ?? {}).find(([, { entryPoint }]) => entryPoint?.endsWith(source));
    if (made === undefined) throw new Error(`${source} was built into nothing`);
    return basename(made[0]);
  };

  await rm(panelOut, { recursive: true, force: true });
  await mkdir(assets, { recursive: true });
  const template = await readFile(join(WEB, "panel/index.html"), "utf8");
  const styles = await make("panel", "panel/panel.css", {
    loader: { ".woff2": "file" },
    assetNames: "[name]-[hash]",
  });
  for (const { language, page } of PAGES) {
    const script = await make(`panel-${language}`, "panel/main.tsx", {
      define: { LANGUAGE: JSON.stringify(language) },
      format: "esm",
      jsx: "automatic",
      jsxImportSource: "preact",
    });
    const html = template
      .replace('lang="ru"', `lang="${language}"`)
      .replace("{{styles}}", styles)
      .replace("{{script}}", script);
    await writeFile(join(panelOut, page), html);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: DEFAULT_OUT } } });
  await buildPanel(values.out);
}
