/**
 * PHP's nesting in query strings and form bodies: `filter[id][]=1`, `contacts[add][0][id]=7`.
 * The CRM reads its queries and writes its webhooks so (docs/protocols/amocrm-platform.md#searching-and-filtering, #bodies).
 */
export interface FormTree {
  [key: string]: string | FormTree;
}

/** Parses pairs; `a[]` gets the next free number as its key, as PHP does. */
export function parsePhpForm(text: string): FormTree {
  const root: FormTree = Object.create(null) as FormTree;
  for (const [name, value] of new URLSearchParams(text)) {
    const keys = [name.split("[")[0] ?? "", ...[...name.matchAll(/\[([^[\]]*)\]/g)].map((match) => match[1] ?? "")];
    let node = root;
    keys.forEach((raw, depth) => {
      const key = raw === "" ? String(Object.keys(node).length) : raw;
      if (depth === keys.length - 1) {
        node[key] = value;
        return;
      }
      const kept = node[key];
      const child = typeof kept === "object" ? kept : (Object.create(null) as FormTree);
      node[key] = child;
      node = child;
    });
  }
  return root;
}

/** Writes nested data as a form body; `null` and `undefined` become empty texts, booleans 1 and 0. */
export function toPhpForm(tree: object): string {
  const pairs: string[] = [];
  const write = (name: string, value: unknown): void => {
    if (typeof value === "object" && value !== null) {
      for (const [key, child] of Object.entries(value)) write(name === "" ? key : `${name}[${key}]`, child);
    } else {
      const text =
        value === null || value === undefined ? "" : typeof value === "boolean" ? (value ? "1" : "0") : `${value}`;
      pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
    }
  };
  write("", tree);
  return pairs.join("&");
}

/** The texts under `a[b][c]`: one value, a list, or nothing. */
export function formValues(tree: FormTree, ...path: string[]): string[] {
  let node: string | FormTree | undefined = tree;
  for (const key of path) node = typeof node === "object" ? node[key] : undefined;
  if (node === undefined) return [];
  return typeof node === "string" ? [node] : Object.values(node).filter((value) => typeof value === "string");
}

/** The one text under `a[b][c]`. */
export function formValue(tree: FormTree, ...path: string[]): string | undefined {
  let node: string | FormTree | undefined = tree;
  for (const key of path) node = typeof node === "object" ? node[key] : undefined;
  return typeof node === "string" ? node : undefined;
}
