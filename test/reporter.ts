import { writeFileSync } from "node:fs";
import type { Reporter, TestCase, TestModule, TestSuite } from "vitest/node";

/**
 * Tells `script/test` how many tests passed and failed, and people which ones did not run and
 * which needed another try: those are defects to look into, though the run goes on. A file or suite that breaks
 * outside its tests counts as one failure, and so does each test that did not run where CI=true.
 */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const suites = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const withState = (state: string) => tests.filter((test) => test.result().state === state);
    const notRun = [...withState("skipped"), ...withState("pending")];
    report(notRun);
    for (const test of tests.filter((each) => each.diagnostic()?.flaky)) {
      process.stdout.write(`needed another try: ${titleOf(test.parent)} > ${test.name}\n`);
    }
    const broken = suites.filter((suite) => suite.errors().length > 0).length + unhandledErrors.length;
    const refused = process.env["CI"] === "true" ? notRun.length : 0;
    const counts = `${withState("passed").length} ${withState("failed").length + broken + refused}\n`;
    const file = process.env["KOMMUTATOR_TEST_COUNTS"];
    if (file) writeFileSync(file, counts);
  }
}

function report(notRun: readonly TestCase[]): void {
  const counts = new Map<string, number>();
  for (const test of notRun) {
    const suite = titleOf(test.parent);
    counts.set(suite, (counts.get(suite) ?? 0) + 1);
  }
  for (const [suite, count] of counts) process.stdout.write(`not run: ${suite}, ${count} tests\n`);
}

function titleOf(suite: TestSuite | TestModule): string {
  const module = suite.type === "module" ? suite : suite.module;
  return suite.type === "module" ? module.relativeModuleId : `${module.relativeModuleId} > ${suite.fullName}`;
}
