// Writes the tables of docs/operating.md that follow from the code (settings, metrics, failures): node script/reference.ts
import { readFile, writeFile } from "node:fs/promises";
import { AmiError, amiErrorCodes } from "../src/ami/ami-error.ts";
import { CrmError, crmFailureCodes } from "../src/amocrm/crm-error.ts";
import { CdrError, cdrFailureCodes } from "../src/cdr/cdr-error.ts";
import { configSchema } from "../src/config.ts";
import { settingsTable } from "../src/lib/config-writing.ts";
import { describeSchema } from "../src/lib/described-schema.ts";
import { createMetrics, metricsTable } from "../src/lib/metrics.ts";
import { SourceError, sourceErrorCodes } from "../src/recordings/source.ts";
import { StoreError, storeFailureCodes } from "../src/store/store-error.ts";

export const OPERATING = new URL("../docs/operating.md", import.meta.url);

/** The page with its tables made anew; everything between `<!-- NAME -->` and `<!-- /NAME -->` is replaced. */
export async function withReference(page: string): Promise<string> {
  const tables: Record<string, string> = {
    settings: settingsTable(describeSchema(configSchema)),
    metrics: await metricsTable(createMetrics()),
    failures: failuresTable(),
  };
  return Object.entries(tables).reduce((text, [name, table]) => {
    const place = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    if (!place.test(text)) throw new Error(`docs/operating.md has no place for the table of ${name}`);
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

if (import.meta.main) await writeFile(OPERATING, await withReference(await readFile(OPERATING, "utf8")));
