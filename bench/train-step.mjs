// How fast is a training step of engine ort, against stock tfjs and against its own matrix products alone?
// The step: 978 → 1000 tanh → 4000, batch 200, squared error, SGD with momentum 0.5. Competitors take turns; medians.
//   node bench/train-step.mjs [rounds = 7]     (after npm run build)

import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-layers";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { GraphBuilder } from "../dist/onnx/builder.js";
import { modelBytes } from "../dist/runtime/model-bytes.js";
import { openSession } from "../dist/runtime/node/open.js";
import { squaredError } from "../dist/train/losses.js";
import { momentum } from "../dist/train/optimisers/momentum.js";
import { chainTopology } from "../dist/train/ort/chain-topology.js";
import { TrainingSteps } from "../dist/train/ort/training-steps.js";

const [inputs, hidden, targets, rows, steps] = [978, 1000, 4000, 200, 25];
const [rate, mu] = [1e-4, 0.5];
const rounds = Number(process.argv[2] ?? 7);

let state = 1;
/** Uniform in ±limit; the values do not matter, their size does (no denormals). */
const uniform = (count, limit) =>
  Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * limit;
  });
const x = uniform(steps * rows * inputs, 1);
const y = uniform(steps * rows * targets, 1);
const weights = new Map([
  ["hidden/kernel", uniform(inputs * hidden, 0.05)],
  ["hidden/bias", new Float32Array(hidden)],
  ["targets/kernel", uniform(hidden * targets, 1e-4)],
  ["targets/bias", new Float32Array(targets)],
]);

async function engineOrt() {
  const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
  const layers = [layer("hidden", hidden, "tanh"), layer("targets", targets, "linear")];
  const engine = await TrainingSteps.open(openSession, {
    topology: chainTopology({ name: "net", inputs, layers }),
    batchRows: rows,
    loss: squaredError,
    optimiser: momentum(mu),
    rateFactors: new Map([["targets/kernel", 3]]),
  });
  const size = (dims) => dims.reduce((a, b) => a * b, 1);
  const held = new Map(
    engine.state.map(({ name, dims }) => [name, weights.get(name)?.slice() ?? new Float32Array(size(dims))]),
  );
  const rates = new Float32Array(steps).fill(rate);
  return { name: "engine ort", steps, run: () => engine.run(held, { steps, x, y, rates, keyOf: () => 0 }) };
}

/** The five products of the step in a Loop, and nothing else. */
async function productsOnly() {
  const root = new GraphBuilder("products");
  const f = (g, name, dims) => g.input(name, "float32", dims);
  const count = root.input("steps", "int64", []);
  f(root, "x", ["K", rows, inputs]);
  f(root, "y", ["K", rows, targets]);
  f(root, "w1", [inputs, hidden]);
  f(root, "b1", [hidden]);
  f(root, "w2", [hidden, targets]);
  f(root, "b2", [targets]);
  const shapes = { p: [rows, targets], g1: [inputs, hidden], g2: [hidden, targets] };
  const names = Object.keys(shapes);
  for (const name of names) f(root, name, shapes[name]);
  const body = root.subgraph("body");
  const step = body.input("step", "int64", []);
  const on = body.input("on", "bool", []);
  for (const name of names) f(body, name, shapes[name]);
  const [bx, by] = ["x", "y"].map((name) => body.op("Gather", [name, step], { axis: 0n }));
  const h = body.op("Gemm", [bx, "w1", "b1"]);
  const p = body.op("Gemm", [h, "w2", "b2"]);
  const dh = body.op("Gemm", [by, "w2"], { transB: 1n });
  body.output("goes on", on);
  body.output("p/next", p);
  body.output("g1/next", body.op("Gemm", [bx, dh], { transA: 1n }));
  body.output("g2/next", body.op("Gemm", [h, by], { transA: 1n }));
  const carried = root.ops({
    op: "Loop",
    inputs: [count, root.scalar(1, "bool"), ...names],
    attributes: { body: body.build() },
    outputs: names.length,
  });
  for (const [at, name] of names.entries()) root.output(`${name}/next`, carried[at]);
  const session = await openSession({ bytes: modelBytes(root.build()) }, { device: "cpu" });
  const tensor = (dims, data) => ({ type: "float32", dims, data });
  const slots = Object.fromEntries(
    names.map((name) => [name, tensor(shapes[name], new Float32Array(shapes[name][0] * shapes[name][1]))]),
  );
  const feeds = {
    steps: { type: "int64", dims: [], data: BigInt64Array.of(BigInt(steps)) },
    x: tensor([steps, rows, inputs], x),
    y: tensor([steps, rows, targets], y),
    w1: tensor([inputs, hidden], weights.get("hidden/kernel")),
    b1: tensor([hidden], weights.get("hidden/bias")),
    w2: tensor([hidden, targets], weights.get("targets/kernel")),
    b2: tensor([targets], weights.get("targets/bias")),
    ...slots,
  };
  const into = Object.fromEntries(names.map((name) => [`${name}/next`, slots[name]]));
  return { name: "products alone", steps, run: () => session.run(feeds, { into }) };
}

async function stockTfjs(backend, perRound) {
  await tf.setBackend(backend);
  await tf.ready();
  const shapes = { hidden: [inputs, hidden], targets: [hidden, targets] };
  const variables = ["hidden", "targets"].map((name) => ({
    kernel: tf.variable(tf.tensor2d(weights.get(`${name}/kernel`), shapes[name])),
    bias: tf.variable(tf.tensor1d(weights.get(`${name}/bias`))),
  }));
  const batch = [x.slice(0, rows * inputs), y.slice(0, rows * targets)];
  const [input, truth] = [tf.tensor2d(batch[0], [rows, inputs]), tf.tensor2d(batch[1], [rows, targets])];
  const optimiser = tf.train.momentum(rate, mu);
  const affine = (h, { kernel, bias }) => tf.add(tf.matMul(h, kernel), bias);
  const loss = () => {
    const prediction = affine(tf.tanh(affine(input, variables[0])), variables[1]);
    return tf.mean(tf.sum(tf.squaredDifference(prediction, truth), 1));
  };
  const run = async () => {
    await tf.setBackend(backend);
    for (let step = 0; step < perRound; step++) tf.dispose(optimiser.minimize(loss, true));
    // Waits for the work: both backends compute at once, reading costs one weight.
    await variables[1].bias.data();
  };
  return { name: `tfjs ${backend}`, steps: perRound, run };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
const competitors = [await engineOrt(), await productsOnly(), await stockTfjs("wasm", 1), await stockTfjs("cpu", 1)];
const times = new Map(competitors.map(({ name }) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const { name, steps: count, run } of competitors) {
    // A step of the JavaScript backend takes half a minute: two of them say enough.
    if (name === "tfjs cpu" && round !== 1 && round !== rounds) continue;
    const startMs = performance.now();
    await run();
    // The first round warms up.
    if (round > 0) times.get(name).push((performance.now() - startMs) / count);
  }
}
const ours = median(times.get("engine ort"));
console.log(
  `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, ${rounds} rounds, ${inputs}→${hidden}→${targets}, batch ${rows}`,
);
console.table(
  competitors.map(({ name }) => {
    const ms = median(times.get(name));
    return {
      competitor: name,
      "ms/step": Number(ms.toFixed(1)),
      "samples/s": Math.round((1000 * rows) / ms),
      "time / ort's": Number((ms / ours).toPrecision(3)),
    };
  }),
);
// The JavaScript backend's pending work would keep the process alive.
process.exit(0);
