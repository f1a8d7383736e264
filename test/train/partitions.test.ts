import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, asyncProperty, integer, nat } from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseGenesTable } from "../../data/genes-table.ts";
import { openDataset } from "../../data/node/dataset.ts";
import { exists } from "../../data/node/exists.ts";
import { prepareDataset } from "../../data/node/prepare.ts";
import { openSession } from "../../runtime/node/open.ts";
import { TrainingRun } from "../../schemas/index.ts";
import { combinedHistory } from "../../train/families/combined-history.ts";
import { fitDgex } from "../../train/families/dgex.ts";
import { targetPartitions } from "../../train/families/target-partitions.ts";
import { weightsByName } from "../../train/layers-model.ts";
import { openPrediction } from "../../train/ort/net-sessions.ts";
import { topologyOf } from "../../train/topology.ts";
import { train } from "../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../data/dataset/small-cohort.ts";
import { signalAtChange } from "../support/signal-at-change.ts";
import { dgexRecipe, inputFrom, type RecipeFields } from "./family-input.ts";
import { normals } from "./ort/nets.ts";
import { linearData } from "./simulated-data.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-partitions-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const recipe = ({ optimisation, ...more }: RecipeFields = {}) =>
  dgexRecipe({ optimisation: { epochs: 3, learningRate: 0.003, ...optimisation }, ...more });

/** 12 landmarks; 12 targets and a landmark that is one too. Odd targets follow one landmark, even ones another. */
async function dataset(samples = 120): Promise<string> {
  const x = normals(samples * 12, 1);
  const noise = normals(samples * 12, 2, 0.3);
  await writeSmallCohort(join(folder, "a.gctx"), {
    samples,
    genes: 24,
    value: (sample, gene) => {
      if (gene < 12) return 8 + (x[sample * 12 + gene] ?? 0);
      return 8 + (gene % 2 === 0 ? 1 : -1) * (x[sample * 12 + (gene % 2)] ?? 0) + (noise[sample * 12 + gene - 12] ?? 0);
    },
  });
  await prepareDataset(prepareOptions(join(folder, "a.gctx"), join(folder, "data")));
  return join(folder, "data");
}

describe("the targets are divided", () => {
  it("at random into equal parts that together are all of them, whatever count and seed", async () => {
    const data = linearData({ samples: 20, landmarks: 3, targets: 17, seed: 1 });
    await assert(
      asyncProperty(integer({ min: 2, max: 17 }), nat(1000), async (count, seed) => {
        const parts = await targetPartitions({ count, by: "random", seed }, { data, open: openSession });
        expect(parts.flatMap((part) => [...part]).toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: 17 }, (_, t) => t),
        );
        expect(Math.max(...parts.map((p) => p.length)) - Math.min(...parts.map((p) => p.length))).toBeLessThanOrEqual(
          1,
        );
        for (const part of parts) expect(part).toEqual(part.toSorted());
      }),
    );
    const of = (seed: number) => targetPartitions({ count: 2, by: "random", seed }, { data, open: openSession });
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
  });

  it("by expression into those that go together", async () => {
    const { data } = await inputFrom(await dataset());
    const parts = await targetPartitions({ count: 2, by: "expression", seed: 1 }, { data, open: openSession });
    // Target 0 is the landmark that even genes follow.
    const odd = [2, 4, 6, 8, 10, 12];
    expect(parts.map((part) => [...part])).toEqual([[0, 1, 3, 5, 7, 9, 11], odd]);
  });

  it("not into more parts than there are", async () => {
    const data = linearData({ samples: 20, landmarks: 3, targets: 4, seed: 1 });
    const parts = targetPartitions({ count: 5, by: "random", seed: 1 }, { data, open: openSession });
    await expect(parts).rejects.toMatchObject({
      tag: "usage",
      message: expect.stringMatching(/more partitions than targets/),
    });
  });
});

it("predicts, merged into one net, bit for bit what the nets of the parts predict", async () => {
  const input = await inputFrom(await dataset());
  const partitions = { count: 3, by: "random" };
  await using merged = await fitDgex(recipe({ partitions, hidden: [12, 9], dropout: 0.2 }), input);
  const [order = new Int32Array()] = [merged.targetOrder];
  expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 13 }, (_, t) => t));
  const x = normals(7 * 12, 5);
  const together = await merged.predictZ(x, 7);
  const weights = weightsByName(merged.model);
  const parts = await targetPartitions({ count: 3, by: "random", seed: 1 }, input);
  for (const [at, part] of parts.entries()) {
    const prefix = `part_${at + 1}_`;
    const chain = merged.model.layers.flatMap(({ reads: _reads, ...layer }) =>
      layer.name.startsWith(prefix) ? [{ ...layer, name: layer.name.slice(prefix.length) }] : [],
    );
    const own = new Map(
      [...weights].flatMap(([name, v]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), v] as const] : [])),
    );
    const { session, predictZ } = await openPrediction(
      openSession,
      topologyOf({ name: "part", inputs: 12, layers: chain }),
      own,
    );
    const alone = await predictZ(x, 7);
    await session[Symbol.asyncDispose]();
    for (let row = 0; row < 7; row++)
      for (const [place, target] of part.entries())
        expect(together[row * 13 + target]).toBe(alone[row * part.length + place]);
  }
});

it("trains each part on its own targets: as a recipe for these targets alone would", async () => {
  const input = await inputFrom(await dataset());
  await using merged = await fitDgex(recipe({ partitions: { count: 2, by: "expression" } }), input);
  const { candidates, selected, training, notes } = merged;
  expect(Object.keys(selected)).toEqual(["epoch of part 1", "epoch of part 2"]);
  expect(notes).toContain("a net for each of 2 parts of 7, 6 targets");
  const mae = (part: number, epoch: number) =>
    candidates.find(({ name, value }) => name === `epoch of part ${part}` && value === epoch)?.validationMae ??
    Number.NaN;
  for (const row of training?.history ?? [])
    expect(row.validationMae).toBeCloseTo((7 * mae(1, row.epoch) + 6 * mae(2, row.epoch)) / 13, 10);
  // Of other targets than in order: what is learned is told by the errors of the right ones.
  await using joint = await fitDgex(recipe({ optimisation: { epochs: 60 } }), input);
  await using parts = await fitDgex(recipe({ partitions: { count: 2 }, optimisation: { epochs: 60 } }), input);
  const last = (fitted: typeof joint) => fitted.training?.history.at(-1)?.validationMae ?? Number.NaN;
  expect(Math.abs(last(parts) / last(joint) - 1)).toBeLessThan(0.15);
});

it("says which part has diverged, and nothing of parts where there is one net", async () => {
  const input = await inputFrom(await dataset());
  const optimisation = { learningRate: 1e30 };
  await expect(fitDgex(recipe({ partitions: { count: 2 }, optimisation }), input)).rejects.toMatchObject({
    tag: "bad-data",
    message: expect.stringMatching(/^part-1, (end of )?epoch 1, .*: the training has diverged/),
  });
  await expect(fitDgex(recipe({ optimisation }), input)).rejects.toMatchObject({
    message: expect.stringMatching(/^(end of )?epoch 1, .*: the training has diverged/),
  });
});

it("counts a part that was over with its last epoch", () => {
  const row = (epoch: number, mae: number) => ({
    epoch,
    loss: 2 * mae,
    monitorMae: mae,
    mae: { validation: mae },
    validationMae: mae,
    learningRate: 0.1,
    seconds: 2,
    samplesPerSecond: 10,
  });
  const history = combinedHistory([
    { history: [row(1, 4), row(2, 2)], share: 0.25, lossShare: 1 },
    { history: [row(1, 8)], share: 0.75, lossShare: 1 },
  ]);
  expect(history).toMatchObject([
    { epoch: 1, loss: 24, validationMae: 7, mae: { validation: 7 }, seconds: 4, samplesPerSecond: 5 },
    { epoch: 2, loss: 20, validationMae: 6.5, mae: { validation: 6.5 }, seconds: 2, samplesPerSecond: 10 },
  ]);
});

it("writes a run in the model's order: every gene beside its own moments, the scores the same as in the dataset's", async () => {
  await using opened = await openDataset(await dataset());
  const out = join(folder, "run");
  const parted = recipe({ partitions: { count: 2, by: "expression" } });
  const run = await train({
    recipe: parted,
    dataset: opened,
    open: openSession,
    device: "cpu",
    out,
    onProgress: () => undefined,
  });
  expect(TrainingRun.parse(JSON.parse(await readFile(join(out, "run.json"), "utf8")))).toEqual(run);
  const genes = parseGenesTable(await readFile(join(out, "genes.tsv"), "utf8"), "genes.tsv");
  const targets = genes.filter(({ role }) => role === "target").map(({ id }) => id);
  const even = [0, 12, 14, 16, 18, 20, 22].map((gene) => `GENE${gene}`);
  expect(targets.slice(0, 7).map((id) => id.replace("|target", ""))).toEqual(even);
  const place = (id: string): number => opened.targets.findIndex((gene) => gene.id === id);
  expect(run.transform.targets.mean).toEqual(targets.map((id) => opened.targetMoments.mean[place(id)]));
  expect(run.transform.targets.sd).toEqual(targets.map((id) => opened.targetMoments.sd[place(id)]));
  const json = JSON.parse(await readFile(join(out, "tfjs/model.json"), "utf8"));
  expect(json.modelTopology.class_name).toBe("Model");
  const history = (await readFile(join(out, "history.jsonl"), "utf8")).trim().split("\n");
  expect(history.length).toBe(3);
});

it("trains all 27 architectures of the paper, at a hundredth of their widths, a third of them in two parts", async () => {
  const input = await inputFrom(await dataset(60));
  for (const layers of [1, 2, 3])
    for (const width of [30, 60, 90])
      for (const dropout of [0, 0.1, 0.25]) {
        const hidden = Array.from({ length: layers }, () => width);
        const isParted = dropout === 0.1;
        const one = recipe({
          hidden,
          dropout,
          ...(isParted && { partitions: { count: 2 } }),
          optimisation: { epochs: 1 },
        });
        await using fitted = await fitDgex(one, input);
        expect(fitted.training?.history[0]?.validationMae).toBeGreaterThan(0);
        const parameters = [...weightsByName(fitted.model).values()].reduce((sum, { length }) => sum + length, 0);
        const own = (targets: number) => 13 * width + (layers - 1) * width * (width + 1) + targets * (width + 1);
        expect(parameters).toBe(isParted ? own(6) + own(7) : own(13));
      }
}, 240_000);

it("goes on with the part that was stopped, to the same weights, bit for bit, as without a stop", async () => {
  const data = await dataset();
  const at = (name: string): string => join(folder, name);
  const content = recipe({ partitions: { count: 3 }, optimisation: { epochs: 60, checkpointSeconds: 0 } });
  await writeFile(at("recipe.json"), JSON.stringify(content));
  const finished = async (out: string, { flags = [] as readonly string[], env = process.env } = {}): Promise<void> => {
    const args = ["bin/landfall.js", "train", at("recipe.json"), "--data", data, "-o", at(out), ...flags];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"], env });
    let text = "";
    child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const status = await new Promise((resolve) => child.once("close", (code, signal) => resolve(code ?? signal)));
    if (status !== 0) throw new Error(`exit ${String(status)}: ${text}`);
  };
  const midway = signalAtChange({ path: at("killed.checkpoint/part-2"), signal: "SIGKILL", times: 20 });
  await expect(finished("killed", { env: midway })).rejects.toThrow("exit SIGKILL");
  // The first part was left whole: nothing of it is trained again.
  const before = (await stat(at("killed.checkpoint/part-1"))).size;
  expect(before).toBeGreaterThan(0);
  expect((await readdir(at("killed.checkpoint"))).includes("part-3")).toBe(false);
  await finished("killed", { flags: ["--resume"] });
  expect(await exists(at("killed.checkpoint"))).toBe(false);
  await finished("whole");
  const weights = (run: string): Promise<Buffer> => readFile(at(`${run}/tfjs/weights.bin`));
  expect((await weights("killed")).equals(await weights("whole"))).toBe(true);
}, 600_000);
