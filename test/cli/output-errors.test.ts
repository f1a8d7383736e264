import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const landfall = `'${process.execPath}' bin/landfall.js`;

/** Runs a line of bash; the status is of the last command, or of the first that failed. */
function bash(line: string): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync("bash", ["-o", "pipefail", "-c", line], { encoding: "utf8" });
  return { status, stdout, stderr };
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-output-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

it("a reader that has gone away ends nothing: the command does its work", async () => {
  const folder = await temporaryFolder();
  const sizes = "--samples 20 --landmarks 4 --targets 6 --studies 2";
  // `true` is gone long before the command prints.
  const gone = bash(`${landfall} simulate -o '${folder}' ${sizes} | true`);
  expect(gone).toMatchObject({ status: 0, stdout: "" });
  expect(gone.stderr).not.toMatch(/EPIPE|error|at /i);
  expect(existsSync(join(folder, "simulated_n20x10.gctx"))).toBe(true);
});

it("an output that cannot be written is told, with status 74", async ({ skip }) => {
  skip(!existsSync("/dev/full"), "this system has no /dev/full");
  const folder = await temporaryFolder();
  const full = bash(
    `${landfall} simulate -o '${folder}' --samples 20 --landmarks 4 --targets 6 --studies 2 > /dev/full`,
  );
  expect(full.status).toBe(74);
  expect(full.stderr).toContain("landfall: standard output cannot be written (ENOSPC");
  expect(full.stderr).not.toMatch(/^ +at /m);
});

it("a command's own status comes first", () => {
  expect(bash(`${landfall} inspect no/such.gctx --json | true`).status).toBe(66);
});
