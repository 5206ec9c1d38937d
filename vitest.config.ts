import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "web/**/*.test.ts", "emulators/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/no-leftovers.ts",
    expect: { poll: { timeout: 10_000 } },
    // Real phones, a real Asterisk and a real browser share two cores; a test that needs another try is named at the end
    // (test/reporter.ts), so that it is looked into and not forgotten.
    retry: 1,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores are what a small machine has; live suites start an Asterisk and a Chromium of their own.
    maxWorkers: 2,
  },
});
