/**
 * A version folder as `landfall export` writes it, made by hand: 3 landmarks → 2 targets.
 * @module
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatGenesTable } from "../../data/genes-table.ts";
import { contentHash } from "../../data/node/content-hash.ts";
import { sha256 } from "../../data/node/hash.ts";
import { GraphBuilder } from "../../onnx/builder.ts";
import { encodeModel, encodeModelStreamed } from "../../onnx/codec/index.ts";
import { type Model, servedIrVersion, servedOpset } from "../../onnx/graph.ts";
import {
  ExpressionManifest,
  type GeneRecord,
  GenericManifest,
  type ModelFile,
  type ModelManifest,
} from "../../schemas/index.ts";

/** What differs between the versions of a test. */
export interface Small {
  /** The first weight: another one makes another model. */
  readonly weight?: number;
  readonly landmarks?: number;
  readonly targets?: number;
  /** Ids start with this. */
  readonly prefix?: string;
  /** Weights in `model.onnx.data`. */
  readonly external?: boolean;
  readonly manifest?: Partial<ExpressionManifest>;
}

const numbers = (count: number, value: (i: number) => number): number[] =>
  Array.from({ length: count }, (_, i) => value(i));

function genesOf({ landmarks = 3, targets = 2, prefix = "" }: Small): GeneRecord[] {
  const gene = (role: GeneRecord["role"], i: number): GeneRecord => ({
    id: `${prefix}${role[0]}${i}`,
    role,
    symbol: `SYM${i}`,
    entrez: "",
    ensembl: "",
  });
  return [
    ...numbers(landmarks, (i) => i).map((i) => gene("landmark", i)),
    ...numbers(targets, (i) => i).map((i) => gene("target", i)),
  ];
}

function modelOf({ weight = 1, landmarks: l = 3, targets: t = 2 }: Small, metadata: Record<string, string>): Model {
  const g = new GraphBuilder("small");
  const x = g.input("landmarks", "float32", ["N", l]);
  const kernel = Float32Array.from(numbers(l * t, (i) => (i === 0 ? weight : i / 8)));
  const w = g.initializer("head/kernel", { type: "float32", dims: [l, t], data: kernel });
  const b = g.initializer("head/bias", { type: "float32", dims: [t], data: new Float32Array(t).fill(0.5) });
  g.output("targets", g.op("Add", [g.op("MatMul", [x, w]), b]));
  const distance = g.initializer("ood/kernel", { type: "float32", dims: [l, 1], data: new Float32Array(l).fill(0.25) });
  g.output("ood", g.op("MatMul", [x, distance]));
  const producer = { name: "landfall", version: "test" };
  return { graph: g.build(), opset: servedOpset, irVersion: servedIrVersion, producer, metadata };
}

/** Paths and contents of the identity files. */
function contents(small: Small): Map<string, string | Uint8Array> {
  const { landmarks: l = 3, external = false } = small;
  const genes = formatGenesTable(genesOf(small));
  const model = modelOf(small, { "landfall.genes": sha256(genes), "landfall.run": sha256("run") });
  const files = new Map<string, string | Uint8Array>([
    ["genes.tsv", genes],
    ["landmarks.stats.f32", new Uint8Array(4 * l * (l + 1))],
    ["tfjs/model.json", "{}\n"],
    ["tfjs/weights.bin", new Uint8Array([1, 2, 3, 4])],
  ]);
  if (!external) return files.set("model.onnx", encodeModel(model));
  const { graph, data } = encodeModelStreamed(model, { externalName: "model.onnx.data", thresholdBytes: 0 });
  return files.set("model.onnx", Buffer.concat([...graph])).set("model.onnx.data", Buffer.concat([...data]));
}

function manifestOf({ landmarks: l = 3, targets: t = 2, manifest }: Small, files: ModelFile[]): ExpressionManifest {
  return ExpressionManifest.parse({
    schemaVersion: 1,
    task: "expression",
    contentHash: contentHash(files),
    createdAt: "2025-01-02T03:04:05.000Z",
    codeVersion: "0.1.0",
    inputs: [{ name: "landmarks", type: "float32", dims: ["N", l] }],
    outputs: [
      { name: "targets", type: "float32", dims: ["N", t] },
      { name: "ood", type: "float32", dims: ["N", 1] },
    ],
    opset: servedOpset,
    parameters: l * t + t,
    parity: [],
    files,
    origin: "trained",
    idType: "symbol",
    scale: "log2",
    landmarks: l,
    targets: t,
    transform: {
      epsilon: 1e-3,
      clip: 8,
      landmarks: { mean: numbers(l, () => 7), sd: numbers(l, () => 1) },
      targets: { mean: numbers(t, () => 6), sd: numbers(t, () => 1) },
    },
    inputProfile: {
      probabilities: [0, 0.5, 1],
      quantiles: numbers(l, () => 0).map(() => [0, 7, 14]),
      reference: numbers(l, (i) => i),
    },
    ood: { components: 1, variances: [1], residualVariance: 0.5, threshold: 2 },
    training: {
      recipe: { schemaVersion: 1, name: "small ridge", family: "linear", penalty: "l2", lambda: [0.1, 1] },
      selected: { lambda: 0.1 },
      dataset: { name: "cohort", hash: "d".repeat(64) },
      engine: "algebra",
      device: "cpu",
      seed: 0,
      codeVersion: "0.1.0",
      seconds: 1,
      notes: ["two studies only"],
    },
    scores: {
      train: { samples: 80, mae: { model: 0.3, mean: 0.8, ridge: 0.35 } },
      test: { samples: 10, mae: { model: 0.36, mean: 0.8, ridge: 0.4 } },
    },
    golden: {
      landmarks: [numbers(l, () => 7)],
      targetIndices: [0],
      targets: [[6]],
      ood: [0.5],
      tolerance: { cpu: 1e-4 },
    },
    ...manifest,
  });
}

async function writeAll(dir: string, files: ReadonlyMap<string, string | Uint8Array>): Promise<ModelFile[]> {
  const listed: ModelFile[] = [];
  for (const [path, data] of files) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await writeFile(join(dir, path), data);
    listed.push({ path, bytes: Buffer.byteLength(data), sha256: sha256(data), identity: path !== "card.md" });
  }
  return listed;
}

/** Writes the manifest of a folder anew. */
export async function writeManifest(dir: string, manifest: ModelManifest): Promise<void> {
  await writeFile(join(dir, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`);
}

/** Writes a sound version folder of a landmark → target model. */
export async function writeSmallVersion(dir: string, small: Small = {}): Promise<ExpressionManifest> {
  const files = await writeAll(dir, contents(small).set("card.md", "# small\n"));
  const manifest = manifestOf(small, files);
  await writeManifest(dir, manifest);
  return manifest;
}

/** Writes a sound version folder of a bare net: `landmarks` → `targets`, `ood`, without genes. */
export async function writeGenericVersion(dir: string, small: Small = {}): Promise<GenericManifest> {
  const files = await writeAll(dir, new Map([["model.onnx", encodeModel(modelOf(small, {}))]]));
  const { inputs, outputs, opset, parameters, createdAt, codeVersion } = manifestOf(small, files);
  const manifest = GenericManifest.parse({
    schemaVersion: 1,
    task: "generic",
    contentHash: contentHash(files),
    createdAt,
    codeVersion,
    inputs,
    outputs,
    opset,
    parameters,
    parity: [],
    files,
    origin: "imported",
  });
  await writeManifest(dir, manifest);
  return manifest;
}
