/** The key is made once, is the same for everybody who asks, and serves each purpose with a key of its own. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/temporary-folder.ts";
import { MasterKey, MasterKeyError } from "./master-key.ts";

let directory: string;
beforeEach(() => {
  directory = temporaryFolder();
});

test("the first start makes it, for this user alone; the next one finds it", async () => {
  const file = join(directory, "data", "secret.key");
  const first = await MasterKey.fromFile(file);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await readFile(file, "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
  const second = await MasterKey.fromFile(file);
  expect(second.derive("recording-links")).toEqual(first.derive("recording-links"));
});

test("many that start at once end with one key", async () => {
  const file = join(directory, "secret.key");
  const keys = await Promise.all(Array.from({ length: 10 }, () => MasterKey.fromFile(file)));
  const distinct = new Set(keys.map((key) => Buffer.from(key.derive("recording-links")).toString("hex")));
  expect(distinct.size).toBe(1);
});

test("each purpose has a key of its own, of 32 bytes", () => {
  const key = MasterKey.fromHex("ab".repeat(32));
  const derived = (["recording-links", "token-encryption", "webhook-path"] as const).map((purpose) =>
    key.derive(purpose),
  );
  expect(new Set(derived.map((bytes) => Buffer.from(bytes).toString("hex"))).size).toBe(3);
  expect(derived.every((bytes) => bytes.length === 32)).toBe(true);
});

test("a file that holds something else is never written over", async () => {
  const file = join(directory, "secret.key");
  await writeFile(file, "half a ke");
  await expect(MasterKey.fromFile(file)).rejects.toThrow(MasterKeyError);
  expect(await readFile(file, "utf8")).toBe("half a ke");
});
