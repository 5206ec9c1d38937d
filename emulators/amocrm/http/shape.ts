/** Checks what clients write against the documented types; unknown fields are let through and ignored. */
import type { FieldFault } from "./reply.ts";

/** `?` after the type: null is taken too. `!` after it: must be there. */
export type Shape = Readonly<
  Record<string, `${"string" | "int" | "bool" | "array" | "object" | "scalar"}${"" | "?" | "!"}`>
>;

const WORDS: Readonly<Record<string, string>> = {
  string: "string",
  int: "int",
  bool: "bool",
  array: "array",
  object: "array",
  scalar: "string|int",
};

export function shapeFaults(item: Readonly<Record<string, unknown>>, shape: Shape, prefix = ""): FieldFault[] {
  return Object.entries(shape).flatMap(([key, spec]): FieldFault[] => {
    const type = spec.replace(/[?!]$/, "");
    const value = item[key];
    const path = `${prefix}${key}`;
    if (value === undefined) {
      return spec.endsWith("!") ? [{ code: "FieldMissing", path, detail: "This field is missing." }] : [];
    }
    if (value === null) {
      return spec.endsWith("?") ? [] : [{ code: "NotNullable", path, detail: "This value should not be null." }];
    }
    if (isOfType(value, type)) return [];
    return [{ code: "InvalidType", path, detail: `This value should be of type ${WORDS[type]}.` }];
  });
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case "string":
      return typeof value === "string";
    case "int":
      return Number.isInteger(value);
    case "bool":
      return typeof value === "boolean";
    case "array":
      return Array.isArray(value);
    case "object": // to PHP an empty object is an empty list, and so it is written
      return typeof value === "object" && (!Array.isArray(value) || value.length === 0);
    default:
      return typeof value === "string" || Number.isInteger(value);
  }
}

export const badChoice = (path: string): FieldFault => ({
  code: "NotSupportedChoice",
  path,
  detail: "The value you selected is not a valid choice.",
});

/** The CRM calls objects arrays, too. */
export const notAnArray = (path: string): FieldFault => ({
  code: "InvalidType",
  path,
  detail: "This value should be of type array.",
});
