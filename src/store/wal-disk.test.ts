import * as files from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { openSqlite } from "./sqlite.ts";
import { WalDisk } from "./wal-disk.ts";

let directory = "";
beforeEach(() => {
  directory = temporaryFolder();
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A log of our own, each flush of which the test ends. */
async function watchedDisk() {
  const database = join(directory, "store.db");
  await files.writeFile(`${database}-wal`, "");
  const handle = await files.open(`${database}-wal`);
  const flushes: PromiseWithResolvers<void>[] = [];
  vi.spyOn(Object.getPrototypeOf(handle), "datasync").mockImplementation(() => {
    const flush = Promise.withResolvers<void>();
    flushes.push(flush);
    return flush.promise;
  });
  await handle.close();
  return { disk: await WalDisk.of(database), flushes };
}

test("all who wait in one turn wait for one flush; who comes while it runs waits for the next", async () => {
  const { disk, flushes } = await watchedDisk();
  const early = Promise.all([disk.flushed(), disk.flushed()]);
  await expect.poll(() => flushes.length).toBe(1);
  let isLateKept = false;
  const late = disk.flushed().then(() => {
    isLateKept = true;
  });
  flushes[0]?.resolve();
  await early;
  expect(isLateKept).toBe(false);
  await expect.poll(() => flushes.length).toBe(2);
  flushes[1]?.resolve();
  await late;
  await disk[Symbol.asyncDispose]();
});

test("a flush that fails is told to those who waited for it, and the next one is tried all the same", async () => {
  const { disk, flushes } = await watchedDisk();
  const first = disk.flushed();
  await expect.poll(() => flushes.length).toBe(1);
  const second = disk.flushed();
  flushes[0]?.reject(Object.assign(new Error("EIO: i/o error"), { code: "EIO" }));
  await expect(first).rejects.toMatchObject({ code: "store/unsure" });
  await expect.poll(() => flushes.length).toBe(2);
  flushes[1]?.resolve();
  await second;
  await disk[Symbol.asyncDispose]();
});

test("the log is there when the store has been opened, and is flushed by a write", async () => {
  const handle = await files.open(join(directory, "any"), "w");
  const flush = vi.spyOn(Object.getPrototypeOf(handle), "datasync");
  await handle.close();
  const database = await openSqlite(join(directory, "store.db"));
  flush.mockClear();
  await database.insertInto("outbox_position").values({ account: "main", position: 1 }).execute();
  expect(flush).toHaveBeenCalledTimes(1);
  await database.destroy();
});
