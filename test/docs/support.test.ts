import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

it("docs/support.md is what the registry of layers says", () => {
  const { status, stderr } = spawnSync(process.execPath, ["scripts/support-table.mjs", "--check"], {
    encoding: "utf8",
  });
  expect([status, stderr.replaceAll(/^.*(tensorflow|WebGL|=====).*$\n?/gim, "").trim()]).toEqual([0, ""]);
});
