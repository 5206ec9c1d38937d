/**
 * Builds the browser's side: `node web/build.ts [--out DIR]` → dist/web/panel/{index.html,en.html,assets/*}.
 * Each language has a page and a script of its own, which carries no word of the other.
 * Names of assets carry a hash of their content, so that they may be cached for ever; the pages must not be.
 * The stylesheet travels inside the script (as a constructed sheet): one request less, and no inline style for a strict CSP to refuse.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BuildOptions, build, type Plugin } from "esbuild";

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
    loader: { ".woff2": "file" },
    assetNames: "[name]-[hash]",
    outdir: assets,
    charset: "utf8",
    legalComments: "none",
  };

  const stylesheetAsText: Plugin = {
    name: "stylesheet-as-text",
    setup(builder) {
      builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        // The page's address is the base of a constructed sheet's addresses.
        const css = await build({ ...shared, entryPoints: [path], publicPath: "assets", write: false });
        for (const file of css.outputFiles) if (file.path.endsWith(".woff2")) await writeFile(file.path, file.contents);
        const text = css.outputFiles.find((file) => file.path.endsWith(".css"))?.text ?? "";
        return { contents: text, loader: "text" };
      });
    },
  };

  await rm(panelOut, { recursive: true, force: true });
  await mkdir(assets, { recursive: true });
  const template = await readFile(join(WEB, "panel/index.html"), "utf8");
  for (const { language, page } of PAGES) {
    const built = await build({
      ...shared,
      entryPoints: { [`panel-${language}`]: join(WEB, "panel/main.tsx") },
      entryNames: "[name]-[hash]",
      define: { LANGUAGE: JSON.stringify(language) },
      format: "esm",
      jsx: "automatic",
      jsxImportSource: "preact",
      plugins: [stylesheetAsText],
      metafile: true,
    });
    const script = Object.keys(built.metafile.outputs).find((path) => path.endsWith(".js"));
    if (script === undefined) throw new Error(`the ${language} panel was built into no script`);
    const html = template.replace('lang="ru"', `lang="${language}"`).replace("{{script}}", basename(script));
    await writeFile(join(panelOut, page), html);
  }
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: DEFAULT_OUT } } });
  await buildPanel(values.out);
}
