// Is ridge on 20,000 × 978 → 9,520 within 1.5 × of numpy and scikit-learn, with one λ and with the λ chosen of 19?
// Whole fits from the same float32 rows in memory, in turns with a Python process; medians of wall time and of the cores'
// time, which a busy machine disturbs less. Prints how far the weights are apart as well.
//   node bench/ridge.mjs [rounds = 3]     (after npm run build; PYTHON names one with numpy, scipy, scikit-learn)

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openSession } from "../dist/runtime/node/open.js";
import { LinearRecipe } from "../dist/schemas/index.js";
import { fitLinear } from "../dist/train/families/linear.js";
import { secondMoments } from "../dist/train/second-moments.js";

const [rows, held, landmarks, targets] = [20_000, 2000, 978, 9520];
const grid = [0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 7, 10, 20, 30, 100];
const rounds = Number(process.argv[2] ?? 3);
const folder = await mkdtemp(join(tmpdir(), "landfall-ridge-"));
const floats = async (name) => new Float32Array((await readFile(join(folder, name))).buffer);
const medianOf = (fits, what) => fits.map((fit) => fit[what]).toSorted((a, b) => a - b)[Math.floor(fits.length / 2)];

const sizes = [rows, held, landmarks, targets].map(String);
const script = join(import.meta.dirname, "peers", "ridge_numpy.py");
const peer = spawn(process.env.PYTHON ?? "python3", [script, folder, ...sizes], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
const answer = async () => {
  const { value, done } = await lines.next();
  if (done) throw new Error("the Python process has ended: does it have numpy, scipy and scikit-learn?");
  return value;
};

const isTrain = (split) => split === "train";
const matrices = {};
const data = {
  landmarks,
  targets,
  cohortsOf: () => ["all"],
  count: (split) => (isTrain(split) ? rows : held),
  async *blocks(split) {
    const [first, end] = isTrain(split) ? [0, rows] : [rows, rows + held];
    for (let at = first; at < end; at += 1000) {
      const slice = (values, width) => values.subarray(at * width, Math.min(end, at + 1000) * width);
      yield {
        rows: Math.min(end, at + 1000) - at,
        landmarks: slice(matrices.x, landmarks),
        targets: slice(matrices.y, targets),
      };
    }
  },
};

async function ours(lambda) {
  const context = { onProgress: () => undefined };
  const recipe = LinearRecipe.parse({ schemaVersion: 1, name: "ridge", family: "linear", penalty: "l2", lambda });
  const [startMs, cpuBefore] = [performance.now(), process.cpuUsage()];
  const moments = await secondMoments(data, openSession, context);
  const momentsSeconds = (performance.now() - startMs) / 1000;
  const fitted = await fitLinear(recipe, { data, moments, open: openSession, context });
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await fitted[Symbol.asyncDispose]();
  return {
    seconds,
    cpuSeconds: (user + system) / 1e6,
    momentsSeconds,
    lambda: fitted.selected.lambda,
    kernel: fitted.model.layers[0].kernel,
  };
}

async function theirs(name, text) {
  peer.stdin.write(`${name} ${text}\n`);
  const [seconds, cpuSeconds, lambda] = (await answer()).split(" ").map(Number);
  return { seconds, cpuSeconds, lambda };
}

/** |a − b| / |b|, Frobenius. */
function apart(a, b) {
  let [difference, size] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    difference += (a[i] - b[i]) ** 2;
    size += b[i] ** 2;
  }
  return Math.sqrt(difference / size);
}

try {
  await answer();
  matrices.x = await floats("x.f32");
  matrices.y = await floats("y.f32");
  const contests = [
    {
      name: "one λ (1)",
      lambda: 1,
      peers: [
        ["cholesky", "1"],
        ["sklearn", "1"],
        ["sklearn32", "1"],
      ],
    },
    { name: "one λ (0.001)", lambda: 0.001, peers: [["cholesky", "0.001"]] },
    { name: `${grid.length} λ`, lambda: grid, peers: [["path", grid.join(",")]] },
  ];
  console.log(`${rows} × ${landmarks} → ${targets}, ${cpus().length} cores (${cpus()[0]?.model}), ${rounds} rounds`);
  for (const { name, lambda, peers } of contests) {
    const own = [];
    const others = peers.map(() => []);
    const distances = peers.map(() => 0);
    for (let round = 0; round < rounds; round++) {
      const fit = await ours(lambda);
      own.push(fit);
      for (const [i, peerFit] of peers.entries()) {
        const other = await theirs(...peerFit);
        others[i].push(other);
        distances[i] = apart(fit.kernel, await floats("w.f32"));
        if (other.lambda !== fit.lambda) console.log(`  chose another λ: ${fit.lambda}, ${peerFit[0]} ${other.lambda}`);
      }
    }
    const [seconds, cpuSeconds] = [medianOf(own, "seconds"), medianOf(own, "cpuSeconds")];
    const moments = medianOf(own, "momentsSeconds").toFixed(2);
    console.log(
      `${name}: landfall ${seconds.toFixed(2)} s, of cores ${cpuSeconds.toFixed(2)} s (moments ${moments} s)`,
    );
    for (const [i, [peerName]] of peers.entries()) {
      const [wall, cpu] = [medianOf(others[i], "seconds"), medianOf(others[i], "cpuSeconds")];
      const ratios = `${(seconds / wall).toFixed(2)} ×, of cores ${(cpuSeconds / cpu).toFixed(2)} ×`;
      const far = distances[i].toExponential(1);
      console.log(`  ${peerName} ${wall.toFixed(2)} s, of cores ${cpu.toFixed(2)} s: ${ratios}; weights ${far} apart`);
    }
  }
} finally {
  peer.kill();
  await rm(folder, { recursive: true, force: true });
}
