import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exportCommand } from "../../cli/commands/export.ts";
import { makeRun } from "../export/support/run.ts";
import { temporaryFolder } from "../export/support/tfjs.ts";
import { runCommand } from "./run-command.ts";

/** Runs the command in this process; returns what it printed and notes. */
const run = (...args: string[]) => runCommand([exportCommand], ["export", ...args]);

test("exports a run and says how it agrees with tfjs; again, it is already done", async () => {
  const source = await makeRun();
  const out = join(await temporaryFolder(), "model");
  const first = await run(source, "-o", out);
  expect(first.printed[0]).toMatch(/model: expression model [0-9a-f]{12}, 119 parameters$/);
  expect(first.printed[1]).toMatch(/ONNX against tfjs on \d+ rows: at most .* apart; between batch sizes: 0$/);
  expect(first.notes).toEqual([]);
  const again = await run(source, "-o", out);
  expect(again.notes).toEqual(["already done"]);
  expect(again.printed).toEqual(first.printed);
});

test("exports a bare tfjs folder as a generic model", async () => {
  const source = join(await makeRun(), "tfjs");
  const out = join(await temporaryFolder(), "model");
  expect((await run(source, "-o", out)).printed[0]).toMatch(/generic model/);
  expect(await readdir(out)).toContain("model.onnx");
});

test("refuses a folder with neither, and a missing -o", async () => {
  const empty = await temporaryFolder();
  await mkdir(join(empty, "x"));
  await expect(run(empty, "-o", join(empty, "out"))).rejects.toMatchObject({ tag: "no-input", exitCode: 66 });
  await expect(run(empty)).rejects.toThrow(/required option '-o, --output <dir>'/);
});
