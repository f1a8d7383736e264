/** A training from a prepared dataset to its run, on an engine that is not the usual one. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDataset } from "../../../data/node/dataset.ts";
import { prepareDataset } from "../../../data/node/prepare.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { Device } from "../../../runtime/session.ts";
import { Recipe } from "../../../schemas/index.ts";
import type { EngineName } from "../../../train/engine-name.ts";
import { backendNames } from "../../../train/tfjs/backends/backend.ts";
import { train } from "../../../train/train.ts";
import { prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-engine-run-"));
  const input = join(folder, "in.gctx");
  await writeSmallCohort(input, { samples: 120, genes: 23 });
  await prepareDataset(prepareOptions(input, join(folder, "dataset")));
});
afterAll(() => rm(folder, { recursive: true }));

const dgex = {
  family: "dgex",
  hidden: [7],
  dropout: 0.1,
  optimisation: { epochs: 3, batchSize: 10 },
};

async function run(engine: EngineName, recipe: object = dgex, device: Device = engine === "tfjs" ? "auto" : "cpu") {
  await using dataset = await openDataset(join(folder, "dataset"));
  return await train({
    recipe: Recipe.parse({ schemaVersion: 1, name: "net", ...recipe }),
    dataset,
    open: openSession,
    device,
    engine,
    out: join(folder, `run-${engine.replace(":", "-")}`),
    force: true,
    onProgress: () => undefined,
  });
}

it("says in run.json what trained it, and scores what engine ort scores", async () => {
  const [byTfjs, byOrt] = [await run("tfjs:wasm"), await run("ort")];
  expect(byTfjs).toMatchObject({ engine: "tfjs:wasm", device: "cpu" });
  expect(byOrt).toMatchObject({ engine: "ort", device: "cpu" });
  const mae = ({ scores }: typeof byOrt): number => scores.validation?.mae.model ?? Number.NaN;
  expect(mae(byTfjs)).toBeCloseTo(mae(byOrt), 5);
});

it("says what tfjs has passed over where no backend was named", async () => {
  const { engine, notes } = await run("tfjs");
  const passed = notes.flatMap((note) => note.match(/^tfjs passed over ([\w-]+): ./)?.[1] ?? []);
  const faster = backendNames.slice(
    0,
    backendNames.findIndex((name) => `tfjs:${name}` === engine),
  );
  expect(passed).toEqual(faster);
  expect(engine).not.toBe("tfjs:cpu");
});

it("refuses a device that the engine would not heed, before anything is written", async () => {
  const contradiction = run("tfjs:cpu", dgex, "webgpu");
  await expect(contradiction).rejects.toMatchObject({
    tag: "usage",
    message: expect.stringMatching(/^--device: tfjs:cpu computes on cpu/),
  });
  expect(await readdir(folder)).not.toContain("run-tfjs-cpu");
});

it("brings a backend's error over from its thread", async (context) => {
  const outcome = await run("tfjs:node-gpu", dgex, "auto").catch((error: unknown) => error);
  if (!(outcome instanceof Error)) return context.skip("there is a TensorFlow with a GPU here");
  expect(outcome).toMatchObject({ tag: "unavailable", fault: { advice: expect.stringMatching(/npm install/) } });
});

it("says so where there was no net to train", async () => {
  const { engine, notes } = await run("tfjs:wasm", { family: "linear", lambda: 0.1 });
  expect(engine).toBe("closed-form");
  expect(notes).toContain("no net was trained: --engine tfjs:wasm has had nothing to do");
});
