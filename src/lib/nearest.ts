/** The known word that a person most likely meant, or undefined when none is near enough to be a slip of the hand. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((word) => ({ word, slips: slipsBetween(written.toLowerCase(), word.toLowerCase()) }))
    .sort((a, b) => a.slips - b.slips);
  const best = ranked[0];
  // Two letters in each other's place are two slips; a third of a longer word may be wrong, and it is still that word.
  const tolerated = written.length < 4 ? 1 : Math.max(2, Math.floor(written.length / 3));
  return best && best.slips <= tolerated ? best.word : undefined;
}

/** Levenshtein distance: letters to add, drop or replace to make one word the other. */
function slipsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next[j] = Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
