/** What was committed comes into the file itself without anybody's commit waiting for that, and the log stays bounded. */
import { copyFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { openSqlite } from "./sqlite.ts";

let directory = "";
beforeEach(() => {
  directory = temporaryFolder();
});

/** What stands in the file itself: a copy without its log. */
function positionInFile(path: string): unknown {
  const copy = join(directory, "copy.db");
  copyFileSync(path, copy);
  using file = new DatabaseSync(copy);
  return file.prepare("select position from outbox_position").get()?.["position"];
}

test("a commit is in the file itself soon after, and so is the next", async () => {
  const path = join(directory, "store.db");
  const database = await openSqlite(path);
  for (const position of [1, 2]) {
    await database
      .insertInto("outbox_position")
      .values({ account: "main", position })
      .onConflict((conflict) => conflict.column("account").doUpdateSet({ position }))
      .execute();
    await expect.poll(() => positionInFile(path), { timeout: 10_000 }).toBe(position);
  }
  await database.destroy();
});

test("a log that was folded begins anew", async () => {
  const path = join(directory, "store.db");
  const database = await openSqlite(path);
  const write = (position: number) =>
    database
      .insertInto("outbox_position")
      .values({ account: `account ${position}`, position })
      .execute();
  await write(1);
  await expect.poll(() => positionInFile(path), { timeout: 10_000 }).toBe(1);
  const { size } = statSync(`${path}-wal`);
  await write(2);
  expect(statSync(`${path}-wal`).size).toBe(size);
  await database.destroy();
});
