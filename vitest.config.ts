import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "web/**/*.test.ts", "emulators/**/*.test.ts", "test/**/*.test.ts"],
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores are what a small machine has; live suites start an Asterisk and a Chromium of their own.
    maxWorkers: 2,
  },
});
