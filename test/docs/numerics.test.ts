import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("docs/numerics.md has the tolerances that the code has", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/numerics-table.mjs", "--check"], {
    encoding: "utf8",
  });
  expect([status, stderr.trim()]).toEqual([0, ""]);
});
