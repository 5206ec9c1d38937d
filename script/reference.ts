// Writes the tables of docs/operating.md and docs/protocols/api.md that follow from the code: node script/reference.ts
import { readFile, writeFile } from "node:fs/promises";
import { AmiError, amiErrorCodes } from "../src/ami/ami-error.ts";
import { CrmError, crmFailureCodes } from "../src/amocrm/crm-error.ts";
import { COMMON_REFUSALS } from "../src/api/open-api.ts";
import { REFUSAL_WORDS } from "../src/api/refusal-words.ts";
import { CdrError, cdrFailureCodes } from "../src/cdr/cdr-error.ts";
import { configSchema } from "../src/config/config.ts";
import { settingsTable } from "../src/lib/config-writing.ts";
import { describeSchema } from "../src/lib/described-schema.ts";
import { createMetrics, metricsTable } from "../src/lib/metrics.ts";
import { SourceError, sourceErrorCodes } from "../src/recordings/source.ts";
import { StoreError, storeFailureCodes } from "../src/store/store-error.ts";
import { MESSAGE_WORDS } from "../src/webhooks/webhook.ts";

/** Pages, each with the tables that it has. */
export const PAGES: readonly { readonly page: URL; readonly tables: () => Promise<Record<string, string>> }[] = [
  {
    page: new URL("../docs/operating.md", import.meta.url),
    tables: async () => ({
      settings: settingsTable(describeSchema(configSchema)),
      metrics: await metricsTable(createMetrics()),
      failures: failuresTable(),
    }),
  },
  {
    page: new URL("../docs/protocols/api.md", import.meta.url),
    tables: async () => ({
      reasons: table(["Reason", "What it means"], REFUSAL_WORDS),
      refusals: table(["Code", "What it asks for"], COMMON_REFUSALS),
      messages: table(["Type", "When"], MESSAGE_WORDS),
    }),
  },
];

/** The page with its tables made anew; everything between `<!-- NAME -->` and `<!-- /NAME -->` is replaced. */
export function withReference(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`the page has no place for the table of ${name}`);
    return text.replace(place, (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`);
  }, page);
}

function failuresTable(): string {
  const rows = [
    ...storeFailureCodes.map((code) => [code, new StoreError(code).remedy]),
    ...amiErrorCodes.map((code) => [code, new AmiError(code).message.slice(`${code}: `.length)]),
    ...crmFailureCodes.map((code) => [code, new CrmError(code).message]),
    ...cdrFailureCodes.map((code) => [code, new CdrError(code).message.slice(`${code}: `.length)]),
    ...sourceErrorCodes.map((code) => [code, new SourceError(code).message.slice(`${code}: `.length)]),
  ];
  return [
    "| Code | What it means and asks for |",
    "| --- | --- |",
    ...rows.map(([code, says]) => `| \`${code}\` | ${says} |`),
  ].join("\n");
}

function table([name, says]: readonly [string, string], rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(([code, words]) => `| \`${code}\` | ${words} |`);
  return [`| ${name} | ${says} |`, "| --- | --- |", ...lines].join("\n");
}

if (import.meta.main) {
  for (const { page, tables } of PAGES) {
    await writeFile(page, withReference(await readFile(page, "utf8"), await tables()));
  }
}
