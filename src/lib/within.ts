/** Waits for something, but no longer than so many milliseconds. @returns whether it came in time. @throws what it throws */
export async function within(ms: number, awaited: Promise<unknown>): Promise<boolean> {
  const { promise: timeIsUp, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, Math.max(0, ms), false);
  try {
    return await Promise.race([awaited.then(() => true), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
