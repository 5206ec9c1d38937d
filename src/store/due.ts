import { type RawBuilder, sql } from "kysely";
import { LONGEST_WAIT_MS } from "../lib/retry-at.ts";

/**
 * `isWaitOver` in SQL.
 * @param column e.g. "o.due_at"
 */
export function isDue(column: string, now: number): RawBuilder<boolean> {
  const dueAt = sql.ref(column);
  return sql<boolean>`(${dueAt} <= ${now} or ${dueAt} > ${now + LONGEST_WAIT_MS})`;
}
