import { mkdtemp, readdir, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, asyncProperty, dictionary, float32Array, integer, string, uniqueArray } from "fast-check";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Checkpoint, readCheckpoint, writeCheckpoint } from "../../train/checkpoint.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "landfall-checkpoint-"));
  path = join(folder, "net.checkpoint");
});
afterEach(() => rm(folder, { recursive: true }));

const history = [
  {
    epoch: 1,
    loss: 3.5,
    validationMae: 0.5,
    monitorMae: 0.4,
    mae: { validation: 0.5, "validation:a": 0.6 },
    learningRate: 1e-3,
    seconds: 1.5,
    samplesPerSecond: 1000,
  },
];
const checkpoint: Checkpoint = {
  position: { step: 4, lossSum: 12.25, selections: [{ name: "validation", epoch: 1, validationMae: 0.5 }], history },
  state: new Map([["dense/kernel", Float32Array.of(1, 2, 3)]]),
  kept: new Map([[1, new Map([["dense/kernel", Float32Array.of(4, 5, 6)]])]]),
};

it("gives back what was written, bit for bit", async () => {
  const arrays = dictionary(string({ minLength: 1, maxLength: 8 }), float32Array({ maxLength: 20 }), { maxKeys: 4 });
  const mapOf = (values: Record<string, Float32Array>) => new Map(Object.entries(values));
  const epochs = uniqueArray(integer({ min: 1, max: 300 }), { maxLength: 3 });
  await assert(
    asyncProperty(arrays, epochs, arrays, async (state, kept, weights) => {
      const written = {
        ...checkpoint,
        state: mapOf(state),
        kept: new Map(kept.map((epoch) => [epoch, mapOf(weights)])),
      };
      await writeCheckpoint({ path, identity: "a" }, written);
      expect(await readCheckpoint({ path, identity: "a" })).toEqual(written);
    }),
    { seed: 1, numRuns: 30 },
  );
});

it("that cannot be written whole leaves the one before as it is, and nothing beside it", async () => {
  const plan = { path, identity: "a" };
  await writeCheckpoint(plan, checkpoint);
  // Its memory is given away: it fails when the arrays before it are written already.
  const gone = Float32Array.of(7, 8);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  const state = new Map([
    ["a", Float32Array.of(9)],
    ["b", gone],
  ]);
  await expect(writeCheckpoint(plan, { ...checkpoint, state })).rejects.toThrow(TypeError);
  expect(await readCheckpoint(plan)).toEqual(checkpoint);
  expect(await readdir(folder)).toEqual(["net.checkpoint"]);
});

it("refuses a checkpoint of another training, a damaged one, another file, and none", async () => {
  const plan = { path, identity: "a" };
  await writeCheckpoint(plan, checkpoint);
  await expect(readCheckpoint({ path, identity: "b" })).rejects.toMatchObject({ tag: "other-plan" });
  await truncate(path, (await stat(path)).size - 4);
  await expect(readCheckpoint(plan)).rejects.toMatchObject({
    tag: "bad-data",
    message: expect.stringMatching(/ends early/),
  });
  await truncate(path, 4);
  await expect(readCheckpoint(plan)).rejects.toMatchObject({ tag: "bad-data" });
  await writeFile(path, "something else altogether");
  await expect(readCheckpoint(plan)).rejects.toMatchObject({
    tag: "bad-data",
    message: expect.stringMatching(/other bytes/),
  });
  await rm(path);
  await expect(readCheckpoint(plan)).rejects.toMatchObject({ tag: "no-input" });
});
