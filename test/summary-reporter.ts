import type { Reporter, TestCase, TestModule } from "vitest/node";

/** Ends the output with the skip reasons and one line: `N passed, N failed, N skipped`. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      const tests: TestCase[] = [...module.children.allTests()];
      // A file that fails to load has no failed test: it counts as one failure.
      if (tests.length === 0 || (module.state() === "failed" && tests.every((t) => t.result().state !== "failed")))
        count.failed += 1;
      for (const test of tests) {
        const result = test.result();
        count[result.state] += 1;
        if (result.state !== "skipped") continue;
        const why = `${module.relativeModuleId}: ${result.note ?? "no reason given"}`;
        reasons.set(why, (reasons.get(why) ?? 0) + 1);
      }
    }
    for (const [why, n] of reasons) console.log(`skipped ${n}: ${why}`);
    console.log(
      `${count.passed} passed, ${count.failed + unhandled.length} failed, ${count.skipped + count.pending} skipped`,
    );
  }
}
