import { afterEach } from "vitest";
import { openWorld, type World, type WorldOptions } from "./crm-world.testing.ts";

let stack = new AsyncDisposableStack();
afterEach(async () => {
  const ended = stack;
  stack = new AsyncDisposableStack();
  await ended.disposeAsync();
});

/** A world that ends with the test. */
export const setUp = (options: WorldOptions = {}): Promise<World> => openWorld(stack, options);
