// How fast do the health endpoints answer while a model is saturated? (DESIGN 4: p99 ≤ 50 ms)
// node bench/health-under-load.mjs [seconds]   (on the built dist/)
// A server in a process of its own runs a D-GEX sized graph (978 → 3000 tanh → 21,290, random weights) for 4 clients that
// send 256 profiles at a time as binary tensors without a pause; meanwhile probes are sent one every 10 ms.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { contentHash } from "../dist/data/node/content-hash.js";
import { Random } from "../dist/data/random.js";
import { describeFiles, writeModelFiles } from "../dist/export/model-files.js";
import { GraphBuilder } from "../dist/onnx/builder.js";
import { publishVersion } from "../dist/registry/publish.js";

const seconds = Number(process.argv[2] ?? 15);
const [landmarks, hidden, targets] = [978, 3000, 21_290];
const clients = 4;
const rows = 256;

/** Publishes the graph as a model of tensors. */
async function publishModel(folder) {
  const random = new Random(1);
  const weights = (length, scale) => Float32Array.from({ length }, () => scale * (random.uniform() - 0.5));
  const graph = new GraphBuilder("dgex");
  const x = graph.input("landmarks", "float32", ["N", landmarks]);
  graph.initializer("w1", { type: "float32", dims: [hidden, landmarks], data: weights(hidden * landmarks, 0.1) });
  graph.initializer("w2", { type: "float32", dims: [targets, hidden], data: weights(targets * hidden, 0.1) });
  const h = graph.op("Tanh", [graph.op("Gemm", [x, "w1"], { transB: 1n })]);
  graph.output("targets", graph.op("Gemm", [h, "w2"], { transB: 1n }));
  const from = join(folder, "export");
  mkdirSync(from);
  const built = graph.build();
  const files = await describeFiles(from, await writeModelFiles(from, built), { identity: true });
  const border = (values) => values.map(({ name, type, dims }) => ({ name, type, dims }));
  const manifest = {
    schemaVersion: 1,
    task: "generic",
    contentHash: contentHash(files),
    createdAt: new Date().toISOString(),
    codeVersion: "bench",
    inputs: border(built.inputs),
    outputs: border(built.outputs),
    opset: 17,
    parameters: hidden * (landmarks + targets),
    parity: [],
    files,
    origin: "imported",
  };
  writeFileSync(join(from, "manifest.json"), JSON.stringify(manifest));
  const models = join(folder, "models");
  await publishVersion({ from, models, name: "dgex", who: "bench" });
  return models;
}

/** One request; resolves with its status and milliseconds. */
function timed(url, { agent, body, headers = {} }) {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: body === undefined ? "GET" : "POST", agent, headers }, (response) => {
      response.resume().on("end", () => resolve({ status: response.statusCode, ms: performance.now() - startedMs }));
    });
    sent.on("error", reject).end(body);
  });
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
const agentOf = () => new Agent({ keepAlive: true, maxSockets: 1 });

async function probesFor(url, until) {
  const agent = agentOf();
  const millis = [];
  while (performance.now() < until) {
    const { status, ms } = await timed(`${url}/v2/health/${millis.length % 2 === 0 ? "live" : "ready"}`, { agent });
    if (status !== 200) throw new Error(`a probe was answered ${status}`);
    millis.push(ms);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  agent.destroy();
  return millis.toSorted((a, b) => a - b);
}

async function load(url, until) {
  const agent = agentOf();
  const body = Buffer.from(new Float32Array(rows * landmarks).fill(0.5).buffer);
  const headers = { "Inference-Header-Content-Length": "0", "Content-Length": body.length };
  let profiles = 0;
  while (performance.now() < until) {
    const { status } = await timed(`${url}/v2/models/dgex/infer`, { agent, body, headers });
    if (status !== 200) throw new Error(`a run was answered ${status}`);
    profiles += rows;
  }
  agent.destroy();
  return profiles;
}

const folder = mkdtempSync(join(tmpdir(), "landfall-bench-"));
try {
  const models = await publishModel(folder);
  const server = spawn(
    process.execPath,
    ["test/cli/serve-process.mjs", "--models", models, "--port", "0", "--device", "cpu"],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [url] = await once(createInterface({ input: server.stdout }), "line");
  await load(url, performance.now() + 1);
  const idle = await probesFor(url, performance.now() + 3000);
  const startedMs = performance.now();
  const until = startedMs + 1000 * seconds;
  const [busy, ...profiles] = await Promise.all([
    probesFor(url, until),
    ...Array.from({ length: clients }, () => load(url, until)),
  ]);
  const rate = profiles.reduce((sum, count) => sum + count, 0) / ((performance.now() - startedMs) / 1000);
  server.kill("SIGTERM");
  await once(server, "exit");
  console.log(`${Math.round(rate)} profiles/s from ${clients} clients of ${rows} profiles a request\n`);
  console.log("| probes | number | p50 ms | p99 ms | largest ms |\n|---|---|---|---|---|");
  for (const [name, millis] of Object.entries({ idle, saturated: busy }))
    console.log(
      `| ${name} | ${millis.length} | ${[0.5, 0.99, 1].map((q) => quantile(millis, q).toFixed(1)).join(" | ")} |`,
    );
  if (quantile(busy, 0.99) > 50) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
