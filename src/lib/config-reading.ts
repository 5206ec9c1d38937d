/**
 * Reads a described schema's settings from a YAML text and the environment, and reports all mistakes together.
 * Knows no setting by name.
 *
 * Every plain value is taken as the text that was written and given its type by the schema. So a DID `0012` keeps its
 * zeros, a password `12345` stays a text, and the file and the environment obey the same rule.
 */
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { describeSchema, nodeAt, pathInWords, type SchemaNode, type SchemaPath, takes } from "./described-schema.ts";
import { nearest } from "./nearest.ts";

export class ConfigMistakes extends Error {
  override readonly name = "ConfigMistakes";
  /** Each one a line as a person reads it: "refused: pbx[0].ami.port: want …, got … (e.g. 5038)". */
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.mistakes = mistakes;
  }
}

export interface ConfigSources {
  /** Name of the file, for messages about its form. */
  readonly name: string;
  readonly yaml: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Environment variables that begin so are settings: "KOMMUTATOR_". */
  readonly prefix: string;
  /** Variables with that prefix that are not settings. */
  readonly notSettings: readonly string[];
}

/**
 * The settings, checked and with defaults filled in; nobody can change them later.
 * @throws ConfigMistakes with every mistake that was found
 */
export function readConfig<S extends z.ZodType>(schema: S, sources: ConfigSources): z.output<S> {
  const root = describeSchema(schema);
  const written = parseYaml(sources);
  const overrideMistakes = override(written, root, sources);
  const typed = typeBySchema(written, root);
  const parsed = schema.safeParse(typed);
  const mistakes = [
    ...overrideMistakes,
    ...(parsed.error?.issues.flatMap((issue) => mistakesOf(issue, root, written)) ?? []),
  ];
  if (mistakes.length > 0 || !parsed.success) throw new ConfigMistakes(mistakes);
  return deepFreeze(parsed.data);
}

type Written = { [key: string]: unknown };

function parseYaml({ name, yaml }: ConfigSources): Written {
  const lineCounter = new LineCounter();
  const document = parseDocument(yaml, { schema: "failsafe", lineCounter, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigMistakes(
      document.errors.map((error) => {
        const { line, col } = lineCounter.linePos(error.pos[0]);
        return `refused: ${name}:${line}:${col}: not readable as YAML: ${error.message}`;
      }),
    );
  }
  const written: unknown = document.toJS({ maxAliasCount: 0 }) ?? {};
  if (typeof written === "object" && !Array.isArray(written)) return written as Written;
  if (written === "") return {};
  throw new ConfigMistakes([`refused: ${name}: want sections such as "http:" and "pbx:", got ${inWords(written)}`]);
}

/** Writes the environment's settings over the file's: KOMMUTATOR_PBX__0__AMI__PORT stands for pbx[0].ami.port. */
function override(written: Written, root: SchemaNode, sources: ConfigSources): string[] {
  const mistakes: string[] = [];
  for (const [name, value] of Object.entries(sources.environment)) {
    if (!name.startsWith(sources.prefix) || value === undefined || sources.notSettings.includes(name)) continue;
    const steps = name.slice(sources.prefix.length).split("__");
    const found = findSetting(root, steps);
    if (!found.path) {
      const meant = found.meant && `${sources.prefix}${found.meant.join("__")}`;
      mistakes.push(`refused: ${name}: no such setting${meant ? `, did you mean ${meant}?` : ""}`);
    } else if (!write(written, found.path, found.isList ? value.split(",").map((part) => part.trim()) : value)) {
      mistakes.push(`refused: ${name}: want the entries before this one in the list to be set, too`);
    }
  }
  return mistakes;
}

type FoundSetting =
  | { path: SchemaPath; isList: boolean; meant?: never }
  | { path?: never; meant: string[] | undefined };

function findSetting(root: SchemaNode, steps: readonly string[]): FoundSetting {
  const path: (string | number)[] = [];
  let node: SchemaNode | undefined = root;
  for (const [at, step] of steps.entries()) {
    if (node?.items && /^\d{1,3}$/.test(step)) {
      path.push(Number(step));
      node = node.items;
      continue;
    }
    const keys: string[] = Object.keys(node?.properties ?? {});
    const key: string | undefined = keys.find((candidate) => inCapitals(candidate) === step);
    if (key === undefined) {
      const near = nearest(step, keys.map(inCapitals));
      return { meant: near === undefined ? undefined : [...steps.slice(0, at), near, ...steps.slice(at + 1)] };
    }
    path.push(key);
    node = node?.properties?.[key];
  }
  const isSection = node?.properties !== undefined || node?.items?.properties !== undefined;
  return isSection ? { meant: undefined } : { path, isList: node?.items !== undefined };
}

const inCapitals = (key: string): string => key.replace(/[A-Z]/g, "_$&").toUpperCase();

/** False when it would leave a hole in a list. */
function write(written: Written, path: SchemaPath, value: unknown): boolean {
  let place: unknown = written;
  for (const [at, step] of path.entries()) {
    const holder = place as Record<string | number, unknown>; // made below or by the YAML reader, to fit the path
    if (Array.isArray(place) && Number(step) > place.length) return false;
    if (at === path.length - 1) holder[step] = value;
    else if (typeof holder[step] !== "object" || holder[step] === null) {
      holder[step] = typeof path[at + 1] === "number" ? [] : {};
      if (typeof path[at + 1] === "number" && path[at + 1] !== 0) return false;
    }
    place = holder[step];
  }
  return true;
}

function typeBySchema(value: unknown, node: SchemaNode | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => typeBySchema(item, node?.items));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, child]) => [key, typeBySchema(child, node?.properties?.[key])]),
    );
  }
  if (typeof value !== "string" || !node) return value;
  if ((value === "null" || value === "~") && node.isNullable) return null;
  if (value === "" && node.default === null) return null; // what must be written is not left empty by oversight
  if (value === "" && (node.properties || node.items)) return undefined; // "http:" with nothing below it
  if ((takes(node, "integer") || takes(node, "number")) && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (takes(node, "boolean") && /^(true|false)$/.test(value)) return value === "true";
  return value;
}

function mistakesOf(issue: z.core.$ZodIssue, root: SchemaNode, written: Written): string[] {
  const path = issue.path as SchemaPath; // a YAML file has no symbols for keys
  if (issue.code === "unrecognized_keys") {
    const known = Object.keys(nodeAt(root, path)?.properties ?? {});
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const help = meant ? `did you mean "${meant}"?` : `known here: ${known.join(", ")}`;
      return `refused: ${pathInWords([...path, key])}: no such setting, ${help}`;
    });
  }
  const node = nodeAt(root, describedPath(path, root));
  const want = issue.code === "custom" && issue.message !== "Invalid input" ? issue.message : wantOf(node, issue);
  const got = node?.secret ? "something else (not shown)" : inWords(valueAt(written, path));
  const example = node?.example === undefined ? "" : ` (e.g. ${node.example})`;
  return [
    `refused: ${pathInWords(path)}: want ${want}, got ${valueAt(written, path) === undefined ? "nothing" : got}${example}`,
  ];
}

/** One value of a list of plain values has no words of its own: the list's words hold for it. */
function describedPath(path: SchemaPath, root: SchemaNode): SchemaPath {
  const isPlain = typeof path.at(-1) === "number" && nodeAt(root, path)?.properties === undefined;
  return isPlain ? path.slice(0, -1) : path;
}

function wantOf(node: SchemaNode | undefined, issue: z.core.$ZodIssue): string {
  if (node?.want !== undefined) return node.want;
  if (node?.properties) return `a section with ${Object.keys(node.properties).join(", ")}`;
  if (node?.items) return "a list with at least one entry";
  return issue.message;
}

function valueAt(written: unknown, path: SchemaPath): unknown {
  let value = written;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

function inWords(value: unknown): string {
  if (value === undefined || value === "") return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  return typeof value === "object" ? "a section" : JSON.stringify(value);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
