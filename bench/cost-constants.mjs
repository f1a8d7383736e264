// The constants of bench/cost-model.mjs: what this machine's processor, memory and disk do, by loops that have nothing to do
// with an inference, and what an inference starts with.
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { LargeFile } from "../dist/data/node/large-file.js";
import { inferFile, loadModelFolder } from "../dist/infer/node/index.js";
import { GraphBuilder } from "../dist/onnx/builder.js";
import { modelBytes } from "../dist/runtime/model-bytes.js";
import { openSession } from "../dist/runtime/node/open.js";
import { simulatedModel, simulatedProfiles } from "./simulated-model.mjs";

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Processor seconds and clock seconds of some job. */
export async function costOf(job) {
  const [before, started] = [process.cpuUsage(), performance.now()];
  await job();
  const { user, system } = process.cpuUsage(before);
  return { processor: (user + system) / 1e6, clock: (performance.now() - started) / 1000 };
}

/** The median of the processor seconds of some rounds. */
async function typical(rounds, job) {
  const costs = [];
  for (let round = 0; round < rounds; round += 1) costs.push((await costOf(job)).processor);
  return median(costs);
}

/** What `use` gives for something that is closed behind it. */
async function closing(opened, use) {
  const resource = await opened;
  try {
    return await use(resource);
  } finally {
    await resource[Symbol.asyncDispose]();
  }
}

export const withModel = (dir, use) =>
  closing(loadModelFolder(dir, { device: "cpu", profiles: Number.POSITIVE_INFINITY }), use);

/** Infers so many simulated profiles of a version folder from a file to a file in `dir`, which is removed again. */
export async function inferOnce(model, { dir, folder, samples }) {
  const input = await simulatedProfiles(dir, { samples, model: folder });
  const output = join(dir, "out.gctx");
  await inferFile({ model, inputs: [input], output, force: true });
  rmSync(output);
  rmSync(`${output}.run.json`);
}

/** One product of a block, 256 × 2048 by 2048 × 8192, in the runtime: operations a processor second. */
async function productRate({ rounds }) {
  const [rows, inner, columns] = [256, 2048, 8192];
  const g = new GraphBuilder("product");
  const x = g.input("x", "float32", ["N", inner]);
  const data = new Float32Array(inner * columns).fill(0.01);
  g.output(
    "y",
    g.op("Gemm", [x, g.initializer("w", { type: "float32", dims: [columns, inner], data })], { transB: 1n }),
  );
  const feeds = { x: { type: "float32", dims: [rows, inner], data: new Float32Array(rows * inner).fill(1) } };
  const repeats = 24;
  const seconds = await closing(openSession({ bytes: modelBytes(g.build()) }, { device: "cpu" }), async (session) => {
    await session.run(feeds);
    return typical(rounds, async () => {
      for (let i = 0; i < repeats; i += 1) await session.run(feeds);
    });
  });
  return (repeats * 2 * rows * inner * columns) / seconds;
}

const diskBlock = new Uint8Array(24 * 2 ** 20).fill(7);

/** Writes blocks as an inference does, and syncs at the end; what a byte costs the processor, and the disk by the clock. */
async function writeRates({ dir, rounds }) {
  const blocks = 48;
  const path = join(dir, "disk.bin");
  const costs = [];
  for (let round = 0; round < rounds; round += 1) {
    await closing(LargeFile.open(path, { flags: "w+" }), async (file) => {
      const write = async () => {
        for (let i = 0; i < blocks; i += 1) await file.write([diskBlock], i * diskBlock.length);
        await file.datasync();
      };
      costs.push(await costOf(write));
    });
    rmSync(path);
  }
  const bytes = blocks * diskBlock.length;
  return {
    writtenBytesAProcessorSecond: bytes / median(costs.map(({ processor }) => processor)),
    diskBytesASecond: bytes / median(costs.map(({ clock }) => clock)),
  };
}

/** A large array made and filled: what every block's output costs the processor before it is written. */
async function freshBytesRate({ rounds }) {
  const bytes = 24 * 2 ** 20;
  const repeats = 32;
  const seconds = await typical(rounds, () => {
    for (let i = 0; i < repeats; i += 1) new Uint8Array(bytes).set(diskBlock);
  });
  return (repeats * bytes) / seconds;
}

async function hashRate({ rounds }) {
  const repeats = 16;
  const seconds = await typical(rounds, () => {
    const hash = createHash("sha256");
    for (let i = 0; i < repeats; i += 1) hash.update(diskBlock);
    hash.digest();
  });
  return (repeats * diskBlock.length) / seconds;
}

/** An inference of the profiles that a survey looks at, by the smallest model: what starts and ends whatever the size. */
async function startSeconds({ dir: folder, rounds }) {
  const dir = await simulatedModel(folder, { landmarks: 978, hidden: 8, targets: 64 });
  return withModel(dir, (model) => typical(rounds, () => inferOnce(model, { dir: folder, folder: dir, samples: 512 })));
}

/** Loading a model (hash, read, arrange weights, golden results): bytes a processor second. */
async function loadRate({ dir: folder, rounds }) {
  const dir = await simulatedModel(folder, { landmarks: 978, hidden: 2000, targets: 10_000 });
  const seconds = await typical(rounds, () => withModel(dir, () => undefined));
  return (4 * (979 * 2000 + 2001 * 10_000)) / seconds;
}

/** Measures all of them; files go to `dir`. @param {{ dir: string, rounds: number }} options */
export async function measureConstants(options) {
  const constants = {
    machine: `${cpus()[0].model.trim()}, ${cpus().length} cores`,
    date: new Date().toISOString().slice(0, 10),
    load: Number(loadavg()[0].toFixed(1)),
    cores: cpus().length,
    operationsAProcessorSecond: await productRate(options),
    freshBytesAProcessorSecond: await freshBytesRate(options),
    ...(await writeRates(options)),
    hashedBytesAProcessorSecond: await hashRate(options),
    loadedBytesAProcessorSecond: await loadRate(options),
    startProcessorSeconds: await startSeconds(options),
  };
  for (const [name, value] of Object.entries(constants))
    if (typeof value === "number") constants[name] = Number(value.toPrecision(3));
  return constants;
}
