/** Shows a described schema and its settings to people: sample file, reference table, settings without their secrets. */
import { stringify } from "yaml";
import { listSettings, type SchemaNode } from "./described-schema.ts";

/** The settings as YAML; what is secret prints as ***. */
export function printSettings(root: SchemaNode, settings: unknown): string {
  return stringify(maskSecrets(root, settings));
}

function maskSecrets(node: SchemaNode | undefined, value: unknown): unknown {
  if (node?.secret) return value === null ? null : "***";
  if (Array.isArray(value)) return value.map((item) => maskSecrets(node?.items, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, maskSecrets(node?.properties?.[key], child)]),
  );
}

/** A settings file to start from: what must be written stands there, everything else as a comment with its default. */
export function sampleYaml(root: SchemaNode): string {
  return `${sampleLines(root, 0).join("\n")}\n`;
}

function sampleLines(node: SchemaNode, depth: number): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const indent = "  ".repeat(depth);
    if (child.properties) {
      const section = [`${indent}${key}:`, ...sampleLines(child, depth + 1)];
      return child.default === null ? asComments(section, indent) : section;
    }
    if (child.items?.properties) {
      const [first = "", ...rest] = sampleLines(child.items, depth + 2);
      // The first line of an entry carries the hyphen, or a line of its own does when that one is a comment.
      const entry = first.trimStart().startsWith("#") ? [`${indent}  -`, first] : [first.replace(/ {2}(?=\S)/, "- ")];
      const list = [`${indent}${key}:`, ...entry, ...rest];
      return child.default === null ? asComments(list, indent) : list;
    }
    const line = `${key}: ${sampleValue(child)}`;
    const comment = `${indent}# ${child.title}${"default" in child ? ` (want ${child.want})` : ""}`;
    return [comment, "default" in child ? `${indent}# ${line}` : `${indent}${line}`];
  });
}

/** A section that may be left out: one comment that becomes right when its hashes are taken away. */
function asComments(section: readonly string[], indent: string): string[] {
  return section
    .filter((line) => !line.trimStart().startsWith("#"))
    .map((line) => `${indent}# ${line.slice(indent.length)}`);
}

function sampleValue(node: SchemaNode): string {
  const value = "default" in node && node.default !== null ? node.default : node.example;
  if (Array.isArray(value)) return `[${value.map(String).join(", ")}]`;
  return typeof value === "string" && !value.startsWith("[") ? JSON.stringify(value) : String(value);
}

/** All settings as a Markdown table. */
export function settingsTable(root: SchemaNode): string {
  const rows = listSettings(root).map(({ path, node }) =>
    [
      `\`${path}\``,
      [node.title, node.description].filter((part) => part !== undefined).join(". "),
      node.want ?? "",
      defaultInWords(node),
      node.secret ? "secret" : `\`${node.example}\``,
    ]
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | "),
  );
  return [
    "| Setting | What it is | Want | Default | Example |",
    "| --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ].join("\n");
}

function defaultInWords(node: SchemaNode): string {
  if (!("default" in node)) return "must be written";
  if (node.default === null) return "empty";
  return Array.isArray(node.default) && node.default.length === 0 ? "none" : `\`${String(node.default)}\``;
}
