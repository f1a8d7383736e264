// A training run of a deep tanh network with random weights, written a piece at a time: larger than memory if need be.
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { formatGenesTable } from "../dist/data/genes-table.js";

/** @typedef {{ landmarks: number, hidden: number, layers: number, targets: number }} Sizes */

const pieceElements = 2 ** 22;

/** Cheap, seeded, roughly uniform in ±scale. */
function fill(values, scale, state) {
  let next = state | 1;
  for (let i = 0; i < values.length; i += 1) {
    next = (Math.imul(next, 1664525) + 1013904223) | 0;
    values[i] = (next / 2 ** 31) * scale;
  }
  return next;
}

/** The weights of the network in order: name, shape, range. @param {Sizes} sizes */
function weightsOf({ landmarks, hidden, layers, targets }) {
  const widths = [landmarks, ...Array.from({ length: layers }, () => hidden), targets];
  return widths.slice(1).flatMap((units, i) => {
    const name = i === layers ? "head" : `hidden_${i + 1}`;
    return [
      { name: `${name}/kernel`, shape: [widths[i], units], scale: Math.sqrt(3 / widths[i]) },
      { name: `${name}/bias`, shape: [units], scale: 0.1 },
    ];
  });
}

/** Parameters of a network. @param {Sizes} sizes */
export const parametersOf = (sizes) =>
  weightsOf(sizes).reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);

/** Writes the weights into shards of at most so many bytes, cut anywhere; returns the shards' names. */
function writeWeights(dir, weights, shardBytes) {
  const names = [];
  let [file, left] = [undefined, 0];
  const write = (bytes) => {
    for (let done = 0; done < bytes.length; ) {
      if (left === 0) {
        if (file !== undefined) closeSync(file);
        names.push(`weights_${names.length + 1}.bin`);
        file = openSync(join(dir, names.at(-1)), "w");
        left = shardBytes;
      }
      const written = writeSync(file, bytes, done, Math.min(bytes.length - done, left));
      done += written;
      left -= written;
    }
  };
  let state = 1;
  for (const { shape, scale } of weights) {
    const count = shape.reduce((product, length) => product * length, 1);
    for (let start = 0; start < count; start += pieceElements) {
      const piece = new Float32Array(Math.min(pieceElements, count - start));
      state = fill(piece, scale, state);
      write(new Uint8Array(piece.buffer));
    }
  }
  closeSync(file);
  return names;
}

const dense = (name, units, activation) => ({
  class_name: "Dense",
  config: { name, units, activation, use_bias: true },
});

/** The tfjs folder of such a network. @param {Sizes} sizes */
function writeTfjs(dir, sizes, shardBytes) {
  mkdirSync(dir, { recursive: true });
  const { landmarks, hidden, layers, targets } = sizes;
  const weights = weightsOf(sizes);
  const paths = writeWeights(dir, weights, shardBytes);
  const config = { batch_input_shape: [null, landmarks], dtype: "float32", name: "landmarks" };
  const json = {
    format: "layers-model",
    modelTopology: {
      class_name: "Sequential",
      config: {
        name: "simulated",
        layers: [
          { class_name: "InputLayer", config },
          ...Array.from({ length: layers }, (_, i) => dense(`hidden_${i + 1}`, hidden, "tanh")),
          dense("head", targets, "linear"),
        ],
      },
    },
    weightsManifest: [{ paths, weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) }],
  };
  writeFileSync(join(dir, "model.json"), JSON.stringify(json));
}

/** Landmarks are LMK0 …, targets TGT0 …, each with an Entrez id: inputs find them by one or the other. */
function genesOf({ landmarks, targets }) {
  const gene = (id, entrez) => ({ id, symbol: id, entrez: String(entrez), ensembl: "" });
  return [
    ...Array.from({ length: landmarks }, (_, i) => ({ ...gene(`LMK${i}`, i + 1), role: "landmark" })),
    ...Array.from({ length: targets }, (_, i) => ({ ...gene(`TGT${i}`, landmarks + i + 1), role: "target", mae: 0.4 })),
  ];
}

/** What is known of landmarks that are normal around 8. */
function inputProfile(landmarks) {
  const quantiles = [-2.33, -1.64, -0.67, 0, 0.67, 1.64, 2.33].map((z) => 8 + z);
  return {
    probabilities: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99],
    quantiles: Array.from({ length: landmarks }, () => quantiles),
    reference: Array.from({ length: landmarks }, (_, i) => 6 + (4 * i) / landmarks),
  };
}

/** Writes the run that `landfall train` would have written for such a network. @param {Sizes} sizes */
export function writeSimulatedRun(dir, sizes, { shardBytes = Number.POSITIVE_INFINITY } = {}) {
  const { landmarks: l, targets: t } = sizes;
  writeTfjs(join(dir, "tfjs"), sizes, shardBytes);
  writeFileSync(join(dir, "genes.tsv"), formatGenesTable(genesOf(sizes)));
  const same = (count, value) => Array.from({ length: count }, () => value);
  const stats = new Float32Array(l * (l + 1)).fill(8, 0, l);
  for (let i = 0; i < l; i += 1) stats[l + i * (l + 1)] = 1;
  writeFileSync(join(dir, "landmarks.stats.f32"), new Uint8Array(stats.buffer));
  const components = new Float32Array(50 * l);
  fill(components, Math.sqrt(3 / l), 5);
  writeFileSync(join(dir, "ood.f32"), new Uint8Array(components.buffer));
  const run = {
    schemaVersion: 1,
    task: "expression",
    recipe: { schemaVersion: 1, name: "simulated", family: "linear" },
    selected: {},
    candidates: [],
    dataset: { name: "simulated", hash: "00".repeat(32) },
    engine: "none",
    device: "none",
    seed: 0,
    codeVersion: "0.1.0",
    startedAt: "2026-01-01T00:00:00Z",
    seconds: 0,
    idType: "symbol",
    scale: "log2",
    transform: {
      epsilon: 1e-3,
      clip: 8,
      landmarks: { mean: same(l, 8), sd: same(l, 1) },
      targets: { mean: same(t, 8), sd: same(t, 1) },
    },
    inputProfile: inputProfile(l),
    ood: { components: 50, variances: same(50, 2), residualVariance: 1, threshold: 40 },
    scores: { train: { samples: 1, mae: { model: 0.4, mean: 0.8 } } },
    notes: ["random weights"],
  };
  writeFileSync(join(dir, "run.json"), JSON.stringify(run));
}
