import type { Verdict } from "./play.ts";

let printed = 0;

/** One line for a call told right; for one told wrong a line for each difference too. */
export function printVerdict({ script, wrong }: Verdict): void {
  console.log(`${String(++printed).padStart(4)} ${wrong.length === 0 ? "right" : "WRONG"}  ${script}`);
  for (const difference of wrong) console.log(`       ${difference}`);
}
