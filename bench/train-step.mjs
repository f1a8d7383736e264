// How fast is a training step of engine ort: against its own matrix products alone, PyTorch on the CPU, stock tfjs?
// The step: 943 → 3000 tanh → 4760 (half of D-GEX), squared error, SGD with momentum and AdamW, batches of 200 and 1000.
// Competitors take turns; medians over the rounds, and the share of products in the step by ONNX Runtime's own profile.
//   node bench/train-step.mjs [rounds = 5]     (after npm run build; LANDFALL_TORCH=PYTHON adds PyTorch)

import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { GraphBuilder } from "../dist/onnx/builder.js";
import { encodeModel } from "../dist/onnx/codec/encode.js";
import { servedIrVersion } from "../dist/onnx/graph.js";
import { modelBytes } from "../dist/runtime/model-bytes.js";
import { openSession } from "../dist/runtime/node/open.js";
import { Optimisation } from "../dist/schemas/index.js";
import { rowsPerCall } from "../dist/train/epochs/rows-per-call.js";
import { initialState } from "../dist/train/epochs/step-engine.js";
import { stepNumbers } from "../dist/train/ort/step-numbers.js";
import { trainingGraph, trainingOpset } from "../dist/train/ort/training-graph.js";
import { TrainingSteps } from "../dist/train/ort/training-steps.js";
import { topologyOf } from "../dist/train/topology.js";

const [inputs, hidden, targets] = [943, 3000, 4760];
const rate = 1e-5;
/** Steps of one call as training chooses them, for a state of so many copies of the weights. */
const stepsOf = (batchSize, copies) => {
  const stateBytes = 4 * copies * (inputs * hidden + hidden + hidden * targets + targets);
  const stepsPerCall = Optimisation.shape.stepsPerCall.parse(undefined);
  return Math.floor(rowsPerCall({ stepsPerCall, batchSize, columns: inputs + targets, stateBytes }) / batchSize);
};
/** Batch → the least share of the bound; steps of one call with momentum (AdamW's call has as many or more). */
const batches = [
  { rows: 200, least: { sgd: 0.75, adamw: 0.6 } },
  { rows: 1000, least: { sgd: 0.9, adamw: 0.8 } },
].map((batch) => ({ ...batch, steps: stepsOf(batch.rows, 2) }));
const optimisers = { sgd: { kind: "momentum", momentum: 0.5 }, adamw: { kind: "adamw" } };
const rounds = Number(process.argv[2] ?? 5);

let state = 1;
/** Uniform in ±limit; the values do not matter, their size does (no denormals). */
const uniform = (count, limit) =>
  Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * limit;
  });
const mostRows = Math.max(...batches.map(({ rows, steps }) => rows * steps));
const x = uniform(mostRows * inputs, 1);
const y = uniform(mostRows * targets, 1);
const weights = new Map([
  ["hidden/kernel", uniform(inputs * hidden, 0.03)],
  ["hidden/bias", new Float32Array(hidden)],
  ["targets/kernel", uniform(hidden * targets, 0.03)],
  ["targets/bias", new Float32Array(targets)],
]);
const rowsOf = (values, rows, width) => values.subarray(0, rows * width);

function specOf(rows, optimiser) {
  const layer = (name, units, activation) => ({ kind: "dense", name, units, activation });
  const layers = [layer("hidden", hidden, "tanh"), layer("targets", targets, "linear")];
  const fields = { loss: { kind: "squared" }, learningRate: rate, epochs: 1, batchSize: rows };
  return {
    topology: topologyOf({ name: "net", inputs, layers }),
    rateFactors: new Map([["targets/kernel", 3]]),
    optimisation: Optimisation.parse({ ...fields, optimiser: optimisers[optimiser] }),
  };
}

const blockOf = ({ rows, steps }) => ({
  rows: rows * steps,
  x: rowsOf(x, rows * steps, inputs),
  y: rowsOf(y, rows * steps, targets),
  rates: new Float64Array(steps).fill(rate),
  firstStep: 0,
  seed: 1,
});

async function engineOrt(batch, optimiser) {
  const engine = await TrainingSteps.open(openSession, specOf(batch.rows, optimiser), { device: "cpu" });
  const held = initialState(engine.state, weights);
  const block = blockOf(batch);
  return { name: "engine ort", optimiser, ...batch, seconds: timed(() => engine.run(held, block)) };
}

const timed = (run) => async () => {
  const startMs = performance.now();
  await run();
  return (performance.now() - startMs) / 1000;
};

/** The five products of the step in a Loop, and nothing else. */
async function productsOnly({ rows, steps }) {
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
    x: tensor([steps, rows, inputs], rowsOf(x, rows * steps, inputs)),
    y: tensor([steps, rows, targets], rowsOf(y, rows * steps, targets)),
    w1: tensor([inputs, hidden], weights.get("hidden/kernel")),
    b1: tensor([hidden], weights.get("hidden/bias")),
    w2: tensor([hidden, targets], weights.get("targets/kernel")),
    b2: tensor([targets], weights.get("targets/bias")),
    ...slots,
  };
  const into = Object.fromEntries(names.map((name) => [`${name}/next`, slots[name]]));
  return { name: "products alone", optimiser: "-", rows, steps, seconds: timed(() => session.run(feeds, { into })) };
}

/** Stock tfjs on its WebAssembly backend, a step a round: one takes seconds. */
async function stockTfjs({ rows }) {
  setWasmPaths(`${dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"))}/`);
  await tf.setBackend("wasm");
  await tf.ready();
  const shapes = { hidden: [inputs, hidden], targets: [hidden, targets] };
  const variables = ["hidden", "targets"].map((name) => ({
    kernel: tf.variable(tf.tensor2d(weights.get(`${name}/kernel`), shapes[name])),
    bias: tf.variable(tf.tensor1d(weights.get(`${name}/bias`))),
  }));
  const input = tf.tensor2d(rowsOf(x, rows, inputs), [rows, inputs]);
  const truth = tf.tensor2d(rowsOf(y, rows, targets), [rows, targets]);
  const optimiser = tf.train.momentum(rate, 0.5);
  const affine = (h, { kernel, bias }) => tf.add(tf.matMul(h, kernel), bias);
  const loss = () => {
    const prediction = affine(tf.tanh(affine(input, variables[0])), variables[1]);
    return tf.mean(tf.sum(tf.squaredDifference(prediction, truth), 1));
  };
  const run = async () => {
    tf.dispose(optimiser.minimize(loss, true));
    await variables[1].bias.data();
  };
  return { name: "tfjs wasm", optimiser: "sgd", rows, steps: 1, seconds: timed(run) };
}

/** PyTorch in a process of its own, asked for steps when it is its turn; none where LANDFALL_TORCH is not set. */
async function torchPeer() {
  const python = process.env.LANDFALL_TORCH;
  if (python === undefined) return { competitors: [], version: "not compared: LANDFALL_TORCH is not set", end() {} };
  const script = new URL("peers/train_step_torch.py", import.meta.url).pathname;
  const shape = [inputs, hidden, targets, cpus().length].map(String);
  const child = spawn(python, [script, ...shape], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value;
  const version = (await next())?.replace("ready ", "PyTorch ") ?? "PyTorch did not start";
  const ask = async (question) => {
    child.stdin.write(`${question}\n`);
    return Number(await next());
  };
  const competitors = batches.flatMap(({ rows, steps }) =>
    Object.keys(optimisers).map((optimiser) => ({
      name: "PyTorch",
      optimiser,
      rows,
      steps,
      seconds: () => ask(`${optimiser} ${rows} ${steps}`),
    })),
  );
  return { competitors, version, end: () => child.stdin.end() };
}

/** Shares of the nodes' time in one call: products, the rest of the loop's body. */
async function profileOf(batch, optimiser) {
  const spec = specOf(batch.rows, optimiser);
  const { graph, state: tensors } = trainingGraph(spec, { inBlocks: true });
  const producer = { name: "bench", version: "1" };
  const bytes = encodeModel({ graph, opset: trainingOpset, irVersion: servedIrVersion, producer, metadata: {} });
  const folder = await mkdtemp(join(tmpdir(), "landfall-profile-"));
  const profileFilePrefix = join(folder, "ort");
  const options = { enableProfiling: true, profileFilePrefix, intraOpNumThreads: cpus().length, logSeverityLevel: 3 };
  const session = await InferenceSession.create(bytes, options);
  const steps = Math.min(4, batch.steps);
  const held = initialState(tensors, weights);
  const numbers = Object.keys(stepNumbers(spec.optimisation, rate, 1));
  const column = (name) =>
    Float32Array.from({ length: steps }, (_, at) => stepNumbers(spec.optimisation, rate, at + 1)[name]);
  const feeds = {
    steps: new Tensor("int64", BigInt64Array.of(BigInt(steps)), []),
    x: new Tensor("float32", rowsOf(x, batch.rows * steps, inputs), [steps, batch.rows, inputs]),
    y: new Tensor("float32", rowsOf(y, batch.rows * steps, targets), [steps, batch.rows, targets]),
    ...Object.fromEntries(numbers.map((name) => [`numbers/${name}`, new Tensor("float32", column(name), [steps])])),
    ...Object.fromEntries(tensors.map(({ name, carried }) => [name, new Tensor("float32", held.get(name), carried)])),
  };
  // The first call gets its memory from the system; the profile is that of the second.
  for (let run = 0; run < 2; run++) await session.run(feeds);
  session.endProfiling();
  await session.release();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), "utf8"));
  await rm(folder, { recursive: true });
  const all = events.filter(
    ({ cat, name, args }) =>
      cat === "Node" && name.endsWith("_kernel_time") && !["Loop", "Scan"].includes(args.op_name),
  );
  const nodes = all.slice(all.length / 2);
  const ms = (which) =>
    nodes.filter(({ args }) => which(args.op_name)).reduce((sum, { dur }) => sum + dur / 1000, 0) / steps;
  const isProduct = (op) => op.includes("Gemm") || op.includes("MatMul");
  const [products, rest] = [ms(isProduct), ms((op) => !isProduct(op))];
  return { optimiser, batch: batch.rows, products, "other nodes": rest, share: products / (products + rest) };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = (row) =>
  Object.fromEntries(Object.entries(row).map(([k, v]) => [k, typeof v === "number" ? Number(v.toPrecision(3)) : v]));

const torch = await torchPeer();
const competitors = [await stockTfjs(batches[0])];
// Who is compared takes turns with whom: a minute in which the machine is busy then hits both.
for (const batch of batches) {
  competitors.push(await productsOnly(batch));
  for (const optimiser of Object.keys(optimisers)) {
    competitors.push(await engineOrt(batch, optimiser));
    competitors.push(...torch.competitors.filter((c) => c.rows === batch.rows && c.optimiser === optimiser));
  }
}
const times = new Map(competitors.map((competitor) => [competitor, []]));
for (let round = 0; round <= rounds; round++)
  for (const competitor of competitors) {
    if (competitor.name === "tfjs wasm" && round > 2) continue;
    const seconds = await competitor.seconds();
    // The first round warms up.
    if (round > 0) times.get(competitor).push((1000 * seconds) / competitor.steps);
  }
torch.end();

const of = (name, rows, optimiser) =>
  competitors.find((c) => c.name === name && c.rows === rows && (optimiser === undefined || c.optimiser === optimiser));
const msOf = (competitor) => (competitor === undefined ? undefined : median(times.get(competitor)));
console.log(
  `${cpus()[0]?.model ?? "?"}, ${cpus().length} cores, ${rounds} rounds, ${inputs}→${hidden}→${targets}; ${torch.version}`,
);
console.table(
  competitors.map((competitor) => {
    const ms = msOf(competitor);
    const { name, optimiser, rows } = competitor;
    return rounded({ competitor: name, optimiser, batch: rows, "ms/step": ms, "samples/s": (1000 * rows) / ms });
  }),
);
console.log("nodes of a step by ONNX Runtime's profile (ms)");
const profiles = [];
for (const batch of batches) for (const name of Object.keys(optimisers)) profiles.push(await profileOf(batch, name));
console.table(profiles.map(rounded));
const budgets = batches.flatMap(({ rows, least }) =>
  Object.keys(optimisers).flatMap((optimiser) => {
    const ours = msOf(of("engine ort", rows, optimiser));
    const peer = msOf(of("PyTorch", rows, optimiser));
    const bound = msOf(of("products alone", rows)) / ours;
    return [
      { question: `share of the products' bound, ${optimiser}, batch ${rows}`, got: bound, budget: least[optimiser] },
      ...(peer === undefined
        ? []
        : [
            {
              question: `of PyTorch's samples/s, ${optimiser}, batch ${rows}`,
              got: peer / ours,
              budget: rows === 1000 ? 0.9 : undefined,
            },
            // Above it no step can come that multiplies with these kernels (ADR 7).
            {
              question: `of PyTorch's samples/s, products alone, for ${optimiser}, batch ${rows}`,
              got: peer / msOf(of("products alone", rows)),
            },
          ]),
    ];
  }),
);
const wasm = msOf(of("tfjs wasm", 200)) / msOf(of("engine ort", 200, "sgd"));
budgets.push({ question: "of stock tfjs-wasm's samples/s, sgd, batch 200", got: wasm, budget: 30 });
console.table(budgets.map((row) => rounded({ ...row, met: row.budget === undefined ? "" : row.got >= row.budget })));
// The WebAssembly backend's threads would keep the process alive.
process.exit(0);
