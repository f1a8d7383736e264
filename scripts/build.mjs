// Builds dist/ (incrementally, ~0.1 s when nothing changed).
// npm runs this as `prepare` after `npm ci`, and once more at the first `npx landfall`.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const root = new URL("..", import.meta.url);
const tsc = new URL("node_modules/typescript/bin/tsc", root).pathname;
if (!existsSync(tsc)) {
  console.error("landfall: development dependencies are absent, dist/ is not built (npm ci --include=dev builds it)");
  process.exit(0);
}
const { status } = spawnSync(process.execPath, [tsc, "-b"], { stdio: "inherit", cwd: root });
process.exit(status ?? 1);
