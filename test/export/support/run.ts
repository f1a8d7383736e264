import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatGenesTable } from "../../../data/genes-table.ts";
import { Random } from "../../../data/random.ts";
import { type GeneRecord, TrainingRun } from "../../../schemas/index.ts";
import { fillWeights, saveModel, temporaryFolder, tfl } from "./tfjs.ts";

/** Sizes and kind of a made-up run. */
export interface RunOptions {
  readonly landmarks?: number;
  readonly targets?: number;
  readonly clip?: number;
  /** The net; Dense tanh, Dense linear by default. */
  readonly layers?: tfl.layers.Layer[];
}

function genesOf(l: number, t: number): GeneRecord[] {
  const plain = { symbol: "", entrez: "", ensembl: "" };
  return [
    ...Array.from({ length: l }, (_, i): GeneRecord => ({ ...plain, id: `LM${i}`, role: "landmark" })),
    ...Array.from({ length: t }, (_, i): GeneRecord => ({ ...plain, id: `TG${i}`, role: "target", mae: 0.25, r: 0.5 })),
  ];
}

/** Moments like those of log2 intensities, the first gene of each side without variation. */
function momentsOf(length: number, random: Random): { mean: number[]; sd: number[] } {
  const mean = Array.from({ length }, () => 6 + 3 * random.uniform());
  return { mean, sd: Array.from({ length }, (_, i) => (i === 0 ? 0 : 0.1 + 1.5 * random.uniform())) };
}

/** Rows of length 1, as principal components have. */
function componentsOf(k: number, l: number, random: Random): Float32Array {
  const components = new Float32Array(k * l);
  for (let c = 0; c < k; c++) {
    const row = Array.from({ length: l }, () => random.normal());
    const norm = Math.hypot(...row);
    components.set(
      row.map((v) => v / norm),
      c * l,
    );
  }
  return components;
}

/** The record of a run of these sizes. */
export function runRecord({ landmarks: l = 12, targets: t = 9, clip = 8 }: RunOptions = {}): TrainingRun {
  const random = new Random(11);
  const quantiles = Array.from({ length: l }, (_, i) => [i, i + 1, i + 2]);
  return TrainingRun.parse({
    schemaVersion: 1,
    task: "expression",
    recipe: { schemaVersion: 1, name: "fixture", family: "linear" },
    selected: { lambda: 0.3 },
    candidates: [{ name: "lambda", value: 0.3, validationMae: 0.4 }],
    dataset: { name: "toy", hash: "ab".repeat(32) },
    engine: "closed-form",
    device: "cpu",
    seed: 1,
    codeVersion: "0.1.0",
    startedAt: "2026-01-01T00:00:00Z",
    seconds: 1,
    idType: "symbol",
    scale: "log2",
    transform: {
      epsilon: 1e-3,
      ...(clip > 0 && { clip }),
      landmarks: momentsOf(l, random),
      targets: momentsOf(t, random),
    },
    inputProfile: { probabilities: [0, 0.5, 1], quantiles, reference: quantiles.map(([q]) => q) },
    ood: { components: 3, variances: [4, 2, 1.5], residualVariance: 0.3, threshold: 2.5 },
    scores: { train: { samples: 100, mae: { model: 0.3, mean: 0.7, ridge: 0.35 } } },
    notes: ["made up for a test"],
  });
}

/** Principal components that go with {@link runRecord}, `[3, L]`. */
export function runComponents({ landmarks = 12 }: RunOptions = {}): Float32Array {
  return componentsOf(3, landmarks, new Random(13));
}

/** Writes a run directory into a temporary folder and returns its path. */
export async function makeRun(options: RunOptions = {}): Promise<string> {
  const { landmarks: l = 12, targets: t = 9 } = options;
  const dir = join(await temporaryFolder(), "run");
  const layers = options.layers ?? [
    tfl.layers.dense({ units: 5, activation: "tanh", inputShape: [l], name: "hidden" }),
    tfl.layers.dense({ units: t, name: "head" }),
  ];
  const model = tfl.sequential({ name: "net", layers });
  fillWeights(model);
  await saveModel(model, join(dir, "tfjs"));
  model.dispose();
  await writeFile(join(dir, "run.json"), JSON.stringify(runRecord(options)));
  await writeFile(join(dir, "genes.tsv"), formatGenesTable(genesOf(l, t)));
  await writeFile(join(dir, "landmarks.stats.f32"), new Uint8Array(4 * l * (l + 1)));
  await writeFile(join(dir, "ood.f32"), new Uint8Array(runComponents(options).buffer));
  return dir;
}
