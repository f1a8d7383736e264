import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openDataset } from "../../data/node/dataset.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { openSession } from "../../runtime/node/open.ts";
import { DgexRecipe, type TrainingRun } from "../../schemas/index.ts";
import { train } from "../../train/train.ts";
import { log2Like, prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";

let folder: string;
const runs = new Map<string, TrainingRun>();

async function trained(name: string, more: object): Promise<void> {
  const recipe = DgexRecipe.parse({
    schemaVersion: 1,
    name,
    family: "dgex",
    hidden: [6],
    optimisation: { epochs: 3, batchSize: 10, learningRate: 0.01 },
    ...more,
  });
  await using dataset = await openDataset(join(folder, "dataset"));
  const options = { recipe, dataset, open: openSession, device: "cpu", onProgress: () => undefined } as const;
  runs.set(name, await train({ ...options, out: join(folder, name) }));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-dgex-outputs-"));
  const input = join(folder, "in.gctx");
  await writeSmallCohort(input, { samples: 60, genes: 8, value: log2Like });
  await prepareDataset(prepareOptions(input, join(folder, "dataset")));
  await trained("whole", {});
  await trained("halves", { partitions: { count: 2, by: "random" } });
  await trained("none", { outputs: false });
});
afterAll(() => rm(folder, { recursive: true }));

/** A float32 `.npy` file (its format, version 1.0): dims as stated in the header, and the values behind it. */
async function npy(path: string) {
  const bytes = await readFile(path);
  const end = 10 + bytes.readUInt16LE(8);
  const [, rows = "", columns = ""] = /\((\d+), (\d+)\)/.exec(bytes.toString("latin1", 10, end)) ?? [];
  const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + end, bytes.byteOffset + bytes.length));
  return { rows: Number(rows), columns: Number(columns), values };
}

describe("a run of D-GEX leaves, in its authors' names", () => {
  it("the log, the net that is best on validation, and its predictions of both held-out sets", async () => {
    const names = await readdir(join(folder, "whole", "dgex"));
    expect(names.filter((name) => !name.endsWith(".rows.tsv")).toSorted()).toEqual([
      "6_H1_0-5_90.log",
      "6_H1_0-5_90_bestva_Y_te_hat.npy",
      "6_H1_0-5_90_bestva_Y_va_hat.npy",
      "6_H1_0-5_90_bestva_model",
    ]);
    const { rows, columns, values } = await npy(join(folder, "whole", "dgex", "6_H1_0-5_90_bestva_Y_te_hat.npy"));
    expect({ rows, columns }).toEqual({ rows: runs.get("whole")?.scores.test?.samples, columns: 5 });
    expect(values.every(Number.isFinite)).toBe(true);
  });

  it("predictions whose error is the run's", async () => {
    const { values, columns } = await npy(join(folder, "whole", "dgex", "6_H1_0-5_90_bestva_Y_te_hat.npy"));
    await using dataset = await openDataset(join(folder, "dataset"));
    let [sum, at] = [0, 0];
    for await (const { targets } of dataset.blocks({ split: "test", units: "z" }))
      for (const truth of targets) sum += Math.abs((values[at++] ?? Number.NaN) - truth);
    expect(sum / at).toBeCloseTo(runs.get("whole")?.scores.test?.mae.model ?? Number.NaN, 6);
    expect(at % columns).toBe(0);
  });

  it("the same of every part of the targets", async () => {
    const names = await readdir(join(folder, "halves", "dgex"));
    expect(names.filter((name) => name.endsWith(".log")).toSorted()).toEqual(["6_H1_0-3_90.log", "6_H1_3-5_90.log"]);
    const second = await npy(join(folder, "halves", "dgex", "6_H1_3-5_90_bestva_Y_te_hat.npy"));
    expect(second.columns).toBe(2);
  });

  it("nothing where the recipe says so", async () => {
    expect(await readdir(join(folder, "none"))).not.toContain("dgex");
  });
});
