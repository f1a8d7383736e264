import { standardise } from "../../data/dataset/standardise.ts";
import { type OpenDataset, openDataset } from "../../data/node/dataset.ts";
import { AppError, type GeneRecord, type TrainingRun } from "../../schemas/index.ts";

/** Profiles of the training's dataset that a variant is made and judged with. */
export interface VariantRows {
  /** Training profiles, native `[rows, L]`, for the ranges of activations. */
  readonly calibration: Float32Array;
  readonly heldOut: HeldOutRows;
}

/** Profiles that the model was not fitted to, with the truth. */
export interface HeldOutRows {
  readonly split: "validation" | "test";
  /** Native `[rows, L]`, missing landmarks at their training mean. */
  readonly landmarks: Float32Array;
  /** z units `[rows, T]`, NaN = not known. */
  readonly truth: Float32Array;
}

/** Evenly spaced profiles read of each split: enough for ranges, and for a change of MAE of a tenth of its gate. */
const readRows = 512;

/** The run that is exported, and its genes (landmarks, then the targets exported). */
export interface RowsOf {
  readonly run: TrainingRun;
  readonly genes: readonly GeneRecord[];
}

/**
 * Reads training and held-out profiles (validation rows, or test rows where there are none) of the dataset that a run
 * was trained on.
 * @throws AppError `bad-data` for another dataset, and for one without held-out rows; `no-input` as `openDataset`.
 */
export async function readVariantRows(directory: string, { run, genes }: RowsOf): Promise<VariantRows> {
  await using dataset = await openDataset(directory);
  if (dataset.hash !== run.dataset.hash)
    throw new AppError("bad-data", {
      what: "this is not the dataset that the run was trained on",
      where: directory,
      expected: `${run.dataset.name} (${run.dataset.hash.slice(0, 12)})`,
      got: `${dataset.dataset.name} (${dataset.hash.slice(0, 12)})`,
      advice: "Give the dataset that `landfall train` was given",
    });
  const split = (["validation", "test"] as const).find((name) => dataset.sampleCount(name) > 0);
  if (split === undefined)
    throw new AppError("bad-data", {
      what: "the dataset has no held-out rows to judge a variant on",
      where: directory,
      advice: "Prepare it with validation or test rows, or export float32 alone",
    });
  const columns = columnsOf(dataset, genes, directory);
  const training = await readZ(dataset, spread(dataset.rowsOf("train")), columns);
  const heldOut = await readZ(dataset, spread(dataset.rowsOf(split)), columns);
  return {
    calibration: native(training.landmarks, run),
    heldOut: { split, landmarks: native(heldOut.landmarks, run), truth: heldOut.targets },
  };
}

/** At most {@link readRows} of them, evenly spaced. */
function spread(rows: Int32Array): Int32Array {
  const count = Math.min(readRows, rows.length);
  return Int32Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)] ?? 0);
}

interface Columns {
  /** Place of each of the model's landmarks among the dataset's, `[L]`, and of each exported target, `[T]`. */
  readonly landmarks: Int32Array;
  readonly targets: Int32Array;
}

function columnsOf(dataset: OpenDataset, genes: readonly GeneRecord[], where: string): Columns {
  const missing: string[] = [];
  const places = (role: GeneRecord["role"]): Int32Array => {
    const known = new Map(dataset[`${role}s`].map(({ id }, place) => [id, place]));
    const ids = genes.filter((gene) => gene.role === role).map(({ id }) => id);
    missing.push(...ids.filter((id) => !known.has(id)));
    return Int32Array.from(ids, (id) => known.get(id) ?? 0);
  };
  const columns = { landmarks: places("landmark"), targets: places("target") };
  if (missing.length === 0) return columns;
  throw new AppError("bad-data", { what: "genes of the run are not in the dataset", where, examples: missing });
}

/** Some samples in z units, clipped as in training: `[rows, L]` and `[rows, T]`. */
async function readZ(dataset: OpenDataset, samples: Int32Array, { landmarks, targets }: Columns) {
  const read = {
    landmarks: new Float32Array(samples.length * landmarks.length),
    targets: new Float32Array(samples.length * targets.length),
  };
  for (const [row, sample] of samples.entries())
    for await (const { values } of dataset.rawRows({ start: sample, end: sample + 1 })) {
      const scaling = dataset.scalingOf(sample);
      const scaled = (role: "landmarks" | "targets", places: Int32Array): void => {
        const own = Float32Array.from(
          dataset[`${role.slice(0, -1) as "landmark" | "target"}Columns`],
          (c) => values[c] ?? 0,
        );
        standardise(own, scaling[role]);
        read[role].set(
          Float32Array.from(places, (place) => own[place] ?? Number.NaN),
          row * places.length,
        );
      };
      scaled("landmarks", landmarks);
      scaled("targets", targets);
    }
  return read;
}

/** z landmarks as native ones of the training rows' moments, missing ones at the mean; in place. */
function native(z: Float32Array, { transform: { landmarks, epsilon } }: TrainingRun): Float32Array {
  const l = landmarks.mean.length;
  for (let at = 0; at < z.length; at++) {
    const value = z[at] as number;
    const gene = at % l;
    z[at] = (Number.isNaN(value) ? 0 : value) * ((landmarks.sd[gene] ?? 0) + epsilon) + (landmarks.mean[gene] ?? 0);
  }
  return z;
}
