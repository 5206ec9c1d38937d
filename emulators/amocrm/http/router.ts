/** Finds the handler of a method and a path such as `/api/v4/leads/{id}`; `{rest...}` takes slashes too. */
export interface Route<Call, Answer> {
  readonly method: string;
  readonly path: string;
  readonly run: (call: Call) => Answer;
}

export type Match<Call, Answer> =
  | { readonly found: true; readonly route: Route<Call, Answer>; readonly params: Readonly<Record<string, string>> }
  /** `otherMethod`: the path is known, but not with this method. */
  | { readonly found: false; readonly otherMethod: boolean };

export function createRouter<Call, Answer>(
  routes: readonly Route<Call, Answer>[],
): (method: string, path: string) => Match<Call, Answer> {
  const compiled = routes.map((route) => {
    const pattern = route.path
      .replaceAll(/[.*+?^$()|\\]/g, "\\$&")
      .replaceAll(/\{(\w+)\\\.\\\.\\\.\}/g, "(?<$1>.+)")
      .replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    return { route, pattern: new RegExp(`^${pattern}/?$`) };
  });
  return (method, path) => {
    let otherMethod = false;
    for (const { route, pattern } of compiled) {
      const match = pattern.exec(path);
      if (!match) continue;
      if (route.method === method) return { found: true, route, params: { ...match.groups } };
      otherMethod = true;
    }
    return { found: false, otherMethod };
  };
}
