// Question: how small and how fast are the variants in fewer bits, beside float32, on the CPU and in WebAssembly?
//
// usage: node bench/precision.mjs [--landmarks 978] [--hidden 2500] [--targets 20000] [--rows 256] [--rounds 9]
//                                 [--wasm-rows 64] [--wasm-rounds 5] [--dir DIR]
//
// All competitors take turns in one process, so that a busy machine slows all; figures are medians over the rounds and
// ratios to float32. Sizes are those of the files. "off" is the largest |WASM − CPU| / (1 + |CPU|) of the same file: what
// golden tolerances must allow for. Weights are random: accuracy is measured by `landfall export --data`.
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as node from "onnxruntime-node";
import * as web from "onnxruntime-web";
import { writeGraphFiles } from "../dist/export/model-files.js";
import { knownRange } from "../dist/export/precision/input-range.js";
import { variantKinds } from "../dist/export/precision/kinds.js";
import { netProducts } from "../dist/export/precision/net.js";
import { raiseOpset } from "../dist/export/precision/raise-opset.js";
import { decodeModel } from "../dist/onnx/codec/index.js";
import { simulatedModel } from "./simulated-model.mjs";

const { values: flags } = parseArgs({
  options: {
    landmarks: { type: "string", default: "978" },
    hidden: { type: "string", default: "2500" },
    targets: { type: "string", default: "20000" },
    rows: { type: "string", default: "256" },
    rounds: { type: "string", default: "9" },
    "wasm-rows": { type: "string", default: "64" },
    "wasm-rounds": { type: "string", default: "5" },
    dir: { type: "string", default: join(tmpdir(), "landfall-bench-precision") },
  },
});
const sizes = { landmarks: Number(flags.landmarks), hidden: Number(flags.hidden), targets: Number(flags.targets) };
const threads = availableParallelism();

/** The float32 model and its variants in files, with every product quantised. */
async function variantFiles(dir) {
  const model = join(await simulatedModel(dir, sizes), "model.onnx");
  const { graph } = decodeModel(readFileSync(model));
  const products = netProducts(graph).map((product) => ({ product, range: knownRange(graph, product.x) }));
  mkdirSync(join(dir, "variants"), { recursive: true });
  const files = new Map([["fp32", model]]);
  for (const { label, path, opset, build } of variantKinds) {
    rmSync(join(dir, path), { force: true });
    await writeGraphFiles(dir, build(opset > 17 ? raiseOpset(graph) : graph, products), { path, opset });
    files.set(label, join(dir, path));
  }
  return files;
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Profiles about the mean of what the simulated model was made for. */
const profiles = Float32Array.from({ length: 1024 * sizes.landmarks }, (_, i) => 8 + 2 * Math.sin(i * 12.9898));

async function once({ Tensor }, session, rows) {
  const data = profiles.slice(0, rows * sizes.landmarks);
  const started = performance.now();
  const { targets } = await session.run({ landmarks: new Tensor("float32", data, [rows, sizes.landmarks]) });
  return { ms: performance.now() - started, targets: targets.data };
}

/** Median milliseconds of every session, taking turns. */
async function interleaved(runtime, sessions, { rows, rounds }) {
  const times = new Map([...sessions.keys()].map((name) => [name, []]));
  for (const session of sessions.values()) await once(runtime, session, rows);
  for (let round = 0; round < rounds; round += 1)
    for (const [name, session] of sessions) times.get(name).push((await once(runtime, session, rows)).ms);
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

async function measured(runtime, files, { options, rows, rounds }) {
  const sessions = new Map();
  for (const [name, source] of files) sessions.set(name, await runtime.InferenceSession.create(source, options));
  const batch = await interleaved(runtime, sessions, { rows, rounds });
  const single = await interleaved(runtime, sessions, { rows: 1, rounds: 2 * rounds });
  const results = new Map();
  for (const [name, session] of sessions) results.set(name, (await once(runtime, session, 16)).targets);
  for (const session of sessions.values()) await session.release();
  return { batch, single, results };
}

const files = await variantFiles(flags.dir);
const onCpu = await measured(node, files, {
  options: { executionProviders: ["cpu"], intraOpNumThreads: threads },
  rows: Number(flags.rows),
  rounds: Number(flags.rounds),
});
web.env.wasm.numThreads = threads;
const forWasm = new Map(
  [...files].filter(([name]) => name !== "int4").map(([name, path]) => [name, readFileSync(path)]),
);
const onWasm = await measured(web, forWasm, {
  options: { executionProviders: ["wasm"] },
  rows: Number(flags["wasm-rows"]),
  rounds: Number(flags["wasm-rounds"]),
});

function off(name) {
  const [a, b] = [onCpu.results.get(name), onWasm.results.get(name)];
  if (b === undefined) return "";
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(b[i] - x) / (1 + Math.abs(x))), 0).toExponential(1);
}

const ratio = (times, name) => {
  const ms = times.get(name);
  return ms === undefined ? "" : `${ms.toFixed(1)} ms, ${(times.get("fp32") / ms).toFixed(2)} x`;
};
const { landmarks, hidden, targets } = sizes;
console.log(`${landmarks} -> ${hidden} -> ${targets}, ${cpus()[0]?.model ?? "?"}, ${threads} threads`);
console.log(
  `| variant | MB | size | CPU, ${flags.rows} rows | CPU, 1 row | WASM, ${flags["wasm-rows"]} rows | WASM, 1 row | off |`,
);
console.log("|---|---:|---:|---:|---:|---:|---:|---:|");
const whole = statSync(files.get("fp32")).size;
for (const [name, path] of files) {
  const { size } = statSync(path);
  const cells = [onCpu.batch, onCpu.single, onWasm.batch, onWasm.single].map((times) => ratio(times, name));
  console.log(
    `| ${name} | ${(size / 1e6).toFixed(1)} | ${(size / whole).toFixed(3)} | ${cells.join(" | ")} | ${off(name)} |`,
  );
}
