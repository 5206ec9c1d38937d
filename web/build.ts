/**
 * Builds the browser's side: `node web/build.ts [--out DIR]` → dist/web/panel/{index.html,assets/*}.
 * Names of assets carry a hash of their content, so that they may be cached for ever; index.html must not be.
 * The stylesheet travels inside the script (as a constructed sheet): one request less, and no inline style for a strict CSP to refuse.
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type BuildOptions, build, type Plugin } from "esbuild";

const WEB = fileURLToPath(new URL(".", import.meta.url));
const DEFAULT_OUT = fileURLToPath(new URL("../dist/web", import.meta.url));

/** Builds the panel's page into `out/panel`. */
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
  const built = await build({
    ...shared,
    entryPoints: { panel: join(WEB, "panel/main.tsx") },
    entryNames: "[name]-[hash]",
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    plugins: [stylesheetAsText],
    metafile: true,
  });
  const script = Object.keys(built.metafile.outputs).find((path) => path.endsWith(".js"));
  if (script === undefined) throw new Error("the panel was built into no script");
  const page = await readFile(join(WEB, "panel/index.html"), "utf8");
  await writeFile(join(panelOut, "index.html"), page.replace("{{script}}", basename(script)));
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: "string", default: DEFAULT_OUT } } });
  await buildPanel(values.out);
}
