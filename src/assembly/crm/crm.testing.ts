import { afterEach } from "vitest";
import { openStore } from "../../store/open-store.ts";
import type { TestStores } from "../../store/stores.testing.ts";
import { openWorld, type World, type WorldOptions } from "./world.testing.ts";

let stack = new AsyncDisposableStack();
afterEach(async () => {
  const ended = stack;
  stack = new AsyncDisposableStack();
  await ended.disposeAsync();
});

/** A world that ends with the test. */
export const setUp = (options: WorldOptions = {}): Promise<World> => openWorld(stack, options);

/** The same on the stores of a suite that runs on each of them. */
export const setUpOn =
  (stores: TestStores) =>
  (options: WorldOptions = {}): Promise<World> =>
    // Opened by hand: the world closes it, after all that uses it.
    setUp({ ...options, openDatabase: async () => openStore(await stores.newPlace()) });
