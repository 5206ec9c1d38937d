/** How a setting that does not fit the others is told of. */

/** Gets the place of a setting, and what is wanted there. */
export type Refuse = (path: (string | number)[], want: string) => void;

/** `refuse` gets the place in the list of each item that has a key of one before it, or the same key twice. */
export function refuseRepeated<T>(
  list: readonly T[],
  keysOf: (item: T) => readonly string[],
  refuse: (at: number) => void,
): void {
  const seen = new Set<string>();
  for (const [at, item] of list.entries()) {
    const keys = keysOf(item);
    if (keys.some((key) => seen.has(key)) || new Set(keys).size < keys.length) refuse(at);
    for (const key of keys) seen.add(key);
  }
}
