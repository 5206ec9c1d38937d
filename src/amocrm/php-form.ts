/** Reads the nested forms that amoCRM posts: `contacts[add][0][id]=1&contacts[add][0][type]=contact`. */

/** Values are texts; there are no arrays, only keys that happen to be numbers. */
export type Form = { readonly [key: string]: string | Form };

/** Deeper ones are not amoCRM's. */
const DEEPEST = 12;

type Branch = { [key: string]: string | Branch };

/** Fields that contradict each other (`a=1&a[b]=2`) keep what came last; nothing throws. */
export function readPhpForm(body: string): Form {
  const form = branch();
  for (const [name, value] of new URLSearchParams(body)) {
    const path = keysOf(name);
    const last = path.pop();
    if (last === undefined || path.length >= DEEPEST) continue;
    let here = form;
    for (const key of path) {
      const there = here[key];
      const next = typeof there === "object" ? there : branch();
      here[key] = next;
      here = next;
    }
    here[last] = value;
  }
  return form;
}

/** "a[b][]" → ["a", "b", ""]. */
function keysOf(name: string): string[] {
  const open = name.indexOf("[");
  if (open < 0) return [name];
  return [name.slice(0, open), ...[...name.slice(open).matchAll(/\[([^[\]]*)\]/g)].map(([, key = ""]) => key)];
}

/** Without prototype: a field may be called "constructor". */
const branch = (): Branch => Object.create(null) as Branch;
