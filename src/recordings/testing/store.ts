/** The store of recordings as the service has it, in memory. */
import type { Database } from "../../store/database.ts";
import { SqlRecordingStore } from "../../store/recordings.ts";
import { openSqlite } from "../../store/sqlite.ts";

export async function recordingStore(
  stack: AsyncDisposableStack,
): Promise<{ database: Database; store: SqlRecordingStore }> {
  const database = stack.adopt(await openSqlite(":memory:"), (open) => open.destroy());
  return { database, store: new SqlRecordingStore(database) };
}
