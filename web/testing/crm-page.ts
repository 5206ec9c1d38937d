/**
 * A page that loads the real widget archive as amoCRM does: RequireJS, jQuery 2, the widget's base methods, `APP`. For tests of the
 * browser's side only; the practice CRM with its entities is `emulators/amocrm`.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { unzipSync } from "fflate";

const { resolve } = createRequire(import.meta.url);
const LIBRARIES: Record<string, string> = {
  "/require.js": resolve("requirejs/require.js"),
  "/jquery.js": resolve("jquery/dist/jquery.js"),
};

const TYPES: Record<string, string> = {
  js: "text/javascript",
  css: "text/css",
  png: "image/png",
  json: "application/json",
};

export interface CrmPage {
  readonly url: string;
  stop(): Promise<void>;
}

/** `archive` is what `buildWidgetArchive` made. */
export async function startCrmPage(archive: Uint8Array, language: "ru" | "en" = "ru"): Promise<CrmPage> {
  const files = unzipSync(archive);
  const texts = JSON.parse(new TextDecoder().decode(files[`i18n/${language}.json`])) as unknown;
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const library = LIBRARIES[path];
    const file = path.startsWith("/widgets/kommutator/") ? files[path.slice("/widgets/kommutator/".length)] : undefined;
    if (library) response.setHeader("Content-Type", "text/javascript").end(readFileSync(library));
    else if (file) response.setHeader("Content-Type", TYPES[path.split(".").at(-1) ?? ""] ?? "").end(Buffer.from(file));
    else if (path.includes(".")) response.writeHead(404).end();
    else response.setHeader("Content-Type", "text/html; charset=utf-8").end(pageHtml(texts, language));
  });
  await new Promise<void>((done) => server.listen(0, done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

function pageHtml(texts: unknown, language: string): string {
  return `<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>CRM</title><link rel="icon" href="data:,">
<style>
  body { margin: 0; font: 14px Arial; background: #eef0f2; min-height: 100vh; }
  html[data-color-scheme="dark"] body { background: #101d29; color: #fff; }
  .rail { position: fixed; inset: 0 auto 0 0; width: 64px; background: #59626d; }
  .left { position: fixed; inset: 0 auto 0 64px; width: 392px; background: #fff; padding: 24px; box-sizing: border-box; }
  html[data-color-scheme="dark"] .left { background: #172937; }
  .note { margin: 16px 24px 16px 480px; height: 84px; background: #fff; border: 1px solid #dde1e6; border-radius: 4px; }
  html[data-color-scheme="dark"] .note { background: #172937; border-color: #22364a; }
  .save { box-sizing: border-box; position: fixed; left: 0; right: 0; bottom: 0; height: 72px; background: #fff; border-top: 1px solid #dde1e6; }
</style></head>
<body>
<div class="rail"></div>
<div class="left"><button id="phone" data-value="8 (916) 123-45-67">8 (916) 123-45-67</button> <input id="name" aria-label="Название"></div>
${'<div class="note"></div>'.repeat(8)}
<script src="/require.js"></script>
<script>
  window.practice = { opened: [], calling: [], actions: {} };
  window.APP = { lang_id: '${language}', sdk: { setCallingStatus: (on) => practice.calling.push(on) } };
  document.addEventListener('click', (event) => {
    const link = event.target.closest && event.target.closest('a.js-navigate-link');
    if (link) { event.preventDefault(); practice.opened.push(link.getAttribute('href')); }
  });
  require.config({ paths: { jquery: '/jquery', kommutator: '/widgets/kommutator' } });
  require(['jquery', 'kommutator/script'], ($, Widget) => {
    const texts = ${JSON.stringify(texts)};
    const base = {
      params: { path: '/widgets/kommutator' },
      get_settings: () => ({ path: '/widgets/kommutator', version: '1', widget_code: 'kommutator', host: '' }),
      i18n: (key) => key.split('.').reduce((part, name) => part[name], texts),
      add_action: (kind, act) => { practice.actions[kind] = act; },
      $authorizedAjax: (options) => $.ajax({ ...options, headers: { 'X-Auth-Token': 'token-of-504141' } }),
    };
    const widget = Widget.call(base) || base;
    if (widget.callbacks.render()) { widget.callbacks.init(); widget.callbacks.bind_actions(); }
    practice.widget = widget;
    document.getElementById('phone').addEventListener('click', (event) => practice.actions.phone({ value: event.target.dataset.value }));
  });
</script>
</body></html>`;
}
