import type { Texts } from "./texts.ts";

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export const escapeHtml = (text: unknown): string => String(text).replaceAll(/[&<>"']/g, (one) => ESCAPES[one] ?? one);

/** A page without the stand's navigation: sign-in, consent, refusals. */
export const plainPage = (t: Texts, title: string, body: string): string => `<!doctype html>
<html lang="${t.lang}"><head><meta charset="utf-8"><title>${escapeHtml(title)} · ${t.practice}</title>
<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/stand-assets/stand.css"></head>
<body><p class="banner"><strong>${t.practice}</strong></p><main class="plain"><h1>${escapeHtml(title)}</h1>${body}</main></body></html>`;
