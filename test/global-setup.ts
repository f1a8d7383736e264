import { spawnSync } from "node:child_process";
import type { TestProject } from "vitest/node";

/** Type errors are printed but do not stop the tests: `npm run typecheck` is the gate. */
const build = (): void => {
  const bundling = ["build", "--config", "vite.program.config.ts", "--logLevel", "warn"];
  spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-b"], { stdio: "inherit" });
  spawnSync(process.execPath, ["node_modules/vite/bin/vite.js", ...bundling], { stdio: "inherit" });
};

/** Threads and subprocesses run from dist/: build it first, and again before each re-run of watch mode. */
export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(build);
}
