/** Busy colleagues whom the person wants to be told of when they are free. Pure; lasts as long as the page. */
import type { Colleague } from "../../src/panel/protocol.ts";

export interface Awaited {
  readonly extension: string;
  readonly name: string;
  /** He has become free; he is told of until the person does something about it. */
  readonly isFree: boolean;
}

/** Whoever is here and cannot take a call now: to be told of when that changes. */
export function mayBeAwaited({ presence }: Colleague): boolean {
  return presence !== "free" && presence !== "offline" && presence !== "unknown";
}

/** Asks to be told of him, or not any more. */
export function toggleAwaited(awaited: readonly Awaited[], extension: string, name: string): readonly Awaited[] {
  const without = withoutAwaited(awaited, extension);
  return without.length < awaited.length ? without : [...awaited, { extension, name, isFree: false }];
}

export function withoutAwaited(awaited: readonly Awaited[], extension: string): readonly Awaited[] {
  return awaited.filter((one) => one.extension !== extension);
}

/** Notes who is free now; one who is busy again before he was called is waited for again. */
export function noteFree(awaited: readonly Awaited[], colleagues: ReadonlyMap<string, Colleague>): readonly Awaited[] {
  if (awaited.length === 0) return awaited;
  return awaited.map((one) => ({ ...one, isFree: colleagues.get(one.extension)?.presence === "free" }));
}
