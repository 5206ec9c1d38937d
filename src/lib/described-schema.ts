/**
 * What a described zod schema says about each of its settings. Knows how zod describes itself, and no setting by name.
 * One description feeds the check, the messages, the sample file and the reference table of the documentation.
 */
import { z } from "zod";

/** What is said of a setting beside its type. */
export interface Said {
  readonly title: string;
  /** What is accepted, as it reads after "want": "an integer from 1 to 65535". */
  readonly want: string;
  readonly example: string;
  readonly description?: string;
  /** Never shown: prints as ***. */
  readonly secret?: boolean;
}

/** Describes a setting. Must be the last call on the schema, because zod's later wrappers do not carry it on. */
export function field<S extends z.ZodType>(schema: S, said: Said): S {
  return schema.meta({ ...said });
}

/** A schema as zod prints it (JSON Schema), with what `field` added. */
export interface SchemaNode extends Partial<Said> {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly default?: unknown;
  readonly anyOf?: readonly SchemaNode[];
  /** May be null. */
  readonly isNullable?: boolean;
}

/** The description of the whole schema: of what may be written, before defaults are filled in. */
export function describeSchema(schema: z.ZodType): SchemaNode {
  // zod types its output by the JSON Schema standard, which knows nothing of the fields that `field` adds.
  return withoutNullBranch(z.toJSONSchema(schema, { io: "input" }) as SchemaNode);
}

/** zod prints "this or null" as two branches, or as two types of one; a reader of settings only needs the first. */
function withoutNullBranch({ anyOf, ...node }: SchemaNode): SchemaNode {
  const branch = anyOf?.find(({ type }) => type !== "null");
  if (branch) return withoutNullBranch({ ...branch, ...node, isNullable: true });
  if (Array.isArray(node.type)) {
    const [type] = node.type.filter((one) => one !== "null");
    if (type !== undefined) return withoutNullBranch({ ...node, type, isNullable: true });
  }
  return {
    ...node,
    ...(node.properties && {
      properties: Object.fromEntries(
        Object.entries(node.properties).map(([key, child]) => [key, withoutNullBranch(child)]),
      ),
    }),
    ...(node.items && { items: withoutNullBranch(node.items) }),
  };
}

export type SchemaPath = readonly (string | number)[];

/** The node at a path, or undefined where the schema knows no such place. */
export function nodeAt(root: SchemaNode, path: SchemaPath): SchemaNode | undefined {
  let node: SchemaNode | undefined = root;
  for (const step of path) node = typeof step === "number" ? node?.items : node?.properties?.[step];
  return node;
}

/** True when a value of this JSON type is accepted there. */
export function takes(node: SchemaNode, type: "integer" | "number" | "boolean"): boolean {
  return typeof node.type === "string" ? node.type === type : (node.type?.includes(type) ?? false);
}

export interface SettingDescription {
  /** "pbx[].ami.port" */
  readonly path: string;
  readonly node: SchemaNode;
}

/** Every setting that a person can write, in the order of the schema; lists of plain values count as one setting. */
export function listSettings(root: SchemaNode, path = ""): SettingDescription[] {
  if (root.properties) {
    return Object.entries(root.properties).flatMap(([key, node]) =>
      listSettings(node, path === "" ? key : `${path}.${key}`),
    );
  }
  if (root.items?.properties) return listSettings(root.items, `${path}[]`);
  return [{ path, node: root }];
}

/** "pbx[0].ami.port" */
export function pathInWords(path: SchemaPath): string {
  return path.reduce<string>(
    (words, step) => (typeof step === "number" ? `${words}[${step}]` : words === "" ? step : `${words}.${step}`),
    "",
  );
}
