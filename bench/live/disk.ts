/** How long this machine's disk takes to keep something: what the service waits for before it tells anybody of a call. */
import { open } from "node:fs/promises";
import { join } from "node:path";

const FLUSHES = 200;
const PAGE = Buffer.alloc(4096, 1);

/** @returns how long each of some flushes took, in milliseconds; `directory` is left with the file `flushes` */
export async function measureFlushes(directory: string): Promise<readonly number[]> {
  await using file = await open(join(directory, "flushes"), "w");
  const took: number[] = [];
  for (let n = 0; n < FLUSHES; n++) {
    const began = performance.now();
    await file.write(PAGE);
    await file.datasync();
    took.push(performance.now() - began);
  }
  return took;
}
