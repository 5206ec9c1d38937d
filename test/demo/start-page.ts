/** The one address that the demo prints: a page that leads into the CRM as one of two employees, and to the desk phones. */
import fastify from "fastify";
import { PIPELINES } from "../../emulators/amocrm/small-company.ts";
import type { Stage } from "../stage/stage.ts";
import { FIRST_CARD, PLAYED } from "./company.ts";
import { type Language, TEXTS, type Texts } from "./start-page-texts.ts";

export interface StartPageOptions {
  readonly stage: Stage;
  readonly phonesUrl: string;
  readonly isAsterisk: boolean;
  readonly port: number;
}

/** Serves the page on 127.0.0.1. */
export async function openStartPage(options: StartPageOptions): Promise<AsyncDisposable & { readonly url: string }> {
  const { stage, port } = options;
  const app = fastify({ forceCloseConnections: true });
  app.get<{ Querystring: { lang?: string } }>("/", ({ query, headers }, reply) => {
    const language = toLanguage(query.lang ?? headers["accept-language"]);
    return reply.type("text/html; charset=utf-8").send(draw(TEXTS[language], language, options));
  });
  // The CRM keeps a language with its user, so the one of the start page is taken along.
  app.get<{ Params: { who: string }; Querystring: { lang?: string; to?: string } }>(
    "/as/:who",
    ({ params: { who }, query }, reply) => {
      if (who !== "maria" && who !== "boris") return reply.code(404).send("maria or boris");
      stage.crm.controls.setLanguage(PLAYED[who], toLanguage(query.lang));
      const to = encodeURIComponent(query.to ?? FIRST_CARD);
      return reply.redirect(`${stage.crm.url}/login?as=${PLAYED[who]}&to=${to}`);
    },
  );
  await app.listen({ port, host: "127.0.0.1" });
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: () => app.close() };
}

/** @param wish a language, or a browser's Accept-Language */
function toLanguage(wish = ""): Language {
  const first = /\b(ru|en)\b/.exec(wish)?.[1];
  return first === "ru" || wish === "" ? "ru" : "en";
}

function draw(t: Texts, language: Language, { phonesUrl, isAsterisk }: StartPageOptions): string {
  const other = language === "ru" ? "en" : "ru";
  const unsorted = encodeURIComponent(`/leads/pipeline/${PIPELINES.service}`);
  const tries = t.tries(`/as/maria?lang=${language}&amp;to=${unsorted}`);
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${t.title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>${STYLE}</style></head>
<body><main>
<p class="top"><span>${t.stand}</span> <a href="/?lang=${other}" hreflang="${other}" lang="${other}">${TEXTS[other].language}</a></p>
<h1>${t.title}</h1>
<p>${isAsterisk ? t.aboutAsterisk : t.about}</p>
<nav aria-label="${t.doors}">
  <a class="door" href="/as/maria?lang=${language}" target="_blank">${t.maria}<small>${t.mariaMore}</small></a>
  <a class="door" href="/as/boris?lang=${language}" target="_blank">${t.boris}<small>${t.borisMore}</small></a>
  <a class="door" href="${phonesUrl}?lang=${language}" target="_blank">${t.phones}<small>${t.phonesMore}</small></a>
</nav>
<h2>${t.tryTitle}</h2>
<ol>${tries.map((line) => `<li>${line}</li>`).join("")}</ol>
</main></body></html>`;
}

const STYLE = `
  :root { color-scheme: light dark; --ink: #1c2733; --paper: #f7f8fa; --card: #fff; --line: #c9d1da; --link: #0b5cad; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e6ebf1; --paper: #14191f; --card: #1e252d; --line: #4a5663; --link: #8cc2ff; } }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.5 system-ui, sans-serif; }
  main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
  .top { display: flex; justify-content: space-between; font-size: .9rem; }
  h1 { margin: .5rem 0; font-size: 1.7rem; line-height: 1.2; } h2 { margin: 2rem 0 .5rem; font-size: 1.2rem; }
  a { color: var(--link); } li { margin: .4rem 0; }
  nav { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); margin-top: 1.25rem; }
  .door { display: block; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .6rem; background: var(--card); font-weight: 600; text-decoration: none; }
  .door:hover { border-color: var(--link); } .door small { display: block; font-weight: 400; color: var(--ink); }
  a:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
  kbd { padding: 0 .3em; border: 1px solid var(--line); border-radius: .25em; font: inherit; }
`;
