/** What the export of a large model may take in memory (DESIGN 4); sizes and figures: bench/export-scale.mjs. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parityTolerance } from "../../export/verify/tolerances.ts";

interface Measured {
  readonly parameters: number;
  readonly weightsMib: number;
  readonly writeResidentMib: number;
  readonly anonymousMib: number;
  readonly rows: number;
  readonly maxRelative: number;
  readonly batchDependence: number;
  readonly layers: readonly { readonly layer: string; readonly maxRelative: number }[];
}

test("200 M parameters in shards are written without being held, and verified layer by layer within 2.5 × the weights", async (ctx) => {
  if (process.platform !== "linux") ctx.skip("memory is read from /proc");
  const sizes = ["--layers", "2", "--hidden", "9000", "--targets", "12900", "--shard-mib", "64"];
  const { stdout } = await promisify(execFile)(process.execPath, ["bench/export-scale.mjs", ...sizes, "--json"]);
  const measured = JSON.parse(stdout) as Measured;
  expect(measured.parameters).toBe(205_932_900);
  expect(measured.writeResidentMib).toBeLessThan(0.5 * measured.weightsMib);
  expect(measured.anonymousMib).toBeLessThan(2.5 * measured.weightsMib);
  expect(measured.rows).toBeGreaterThanOrEqual(16);
  expect(measured.maxRelative).toBeLessThan(parityTolerance);
  expect(measured.batchDependence).toBe(0);
  // The head has become the graph's output, which `maxRelative` is about.
  expect(measured.layers.map(({ layer }) => layer)).toEqual(["hidden_1", "hidden_2"]);
  for (const { maxRelative } of measured.layers) expect(maxRelative).toBeLessThan(parityTolerance);
});
