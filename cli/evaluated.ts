import type { DatasetGene } from "../data/dataset/genes.ts";
import type { SplitName } from "../data/dataset/split.ts";
import type { OpenDataset } from "../data/node/dataset.ts";
import type { Axis } from "../data/source.ts";
import type { EvaluatedModel } from "../evaluate/contestant.ts";
import type { EvaluationBlock } from "../evaluate/score-all.ts";
import type { Predictor } from "../infer/predictor.ts";
import { AppError } from "../schemas/errors.ts";

/** One z unit of each gene, in native units. */
const unitsOf = (sd: Float64Array, epsilon: number): Float64Array => sd.map((value) => value + epsilon);

/** The targets that every model has, in the dataset's order: what all can be scored on. */
export function commonTargets(
  dataset: OpenDataset,
  predictors: readonly { readonly name: string; readonly predictor: Predictor }[],
): { chosen: readonly DatasetGene[]; columns: Int32Array } {
  const known = predictors.map(({ predictor }) => new Set(predictor.genes.map(({ id }) => id)));
  const columns = Int32Array.from(
    dataset.targets.flatMap(({ id }, column) => (known.every((ids) => ids.has(id)) ? [column] : [])),
  );
  if (columns.length === 0)
    throw new AppError("bad-data", {
      what: "the dataset has no target that every model infers",
      expected: "the same row ids in both",
      examples: dataset.targets.slice(0, 3).map(({ id }) => id),
      advice: "Evaluate on a dataset prepared from a file with the model's kind of ids",
    });
  return { chosen: Array.from(columns, (column) => dataset.targets[column]!), columns };
}

/** The dataset's landmarks as the axis of an input, so that a model finds its own by any kind of id. */
function landmarkAxis({ landmarks }: OpenDataset): Axis {
  return {
    ids: landmarks.map(({ sourceId }) => sourceId),
    fields: new Map([
      ["pr_gene_symbol", landmarks.map(({ symbol }) => symbol)],
      ["pr_gene_id", landmarks.map(({ entrez }) => entrez)],
      ["ensembl", landmarks.map(({ ensembl }) => ensembl)],
    ]),
  };
}

/** Training mean and z unit of the chosen targets in native units, `[targets]`. */
export function targetUnits(
  { targetMoments, targets, dataset }: OpenDataset,
  chosen: readonly DatasetGene[],
): { mean: Float64Array; unit: Float64Array } {
  const rowOf = new Map(targets.map(({ id }, t) => [id, t]));
  const rows = chosen.map(({ id }) => rowOf.get(id)!);
  const units = unitsOf(targetMoments.sd, dataset.standardisation.epsilon);
  return {
    mean: Float64Array.from(rows, (row) => targetMoments.mean[row]!),
    unit: Float64Array.from(rows, (row) => units[row]!),
  };
}

/** A model as `evaluate` scores it: native landmarks of the dataset → z units of the dataset's training rows. */
export function evaluatedModel(
  name: string,
  predictor: Predictor,
  { dataset, chosen }: { dataset: OpenDataset; chosen: readonly DatasetGene[] },
): EvaluatedModel {
  const plan = predictor.prepareInput(landmarkAxis(dataset), { label: dataset.dataset.name });
  const { landmarks: landmarkCount, targets: targetCount } = predictor.manifest;
  const columnOf = new Map(predictor.genes.slice(landmarkCount).map(({ id }, column) => [id, column]));
  const columns = Int32Array.from(chosen, ({ id }) => columnOf.get(id)!);
  const { mean: means, unit: units } = targetUnits(dataset, chosen);
  const genes = predictor.genes.slice(landmarkCount);
  const halfwidths = Float64Array.from(columns, (c, t) => (genes[c]?.halfwidth90 ?? Number.NaN) / units[t]!);
  return {
    name,
    ...(halfwidths.some((width) => !Number.isNaN(width)) && { halfwidths }),
    ...(genes.some((gene) => gene.reliability) && {
      reliability: Array.from(columns, (c) => genes[c]?.reliability),
    }),
    predict: async (landmarks, rows) => {
      const { targets: native, ood } = await predictor.run({ start: 0, rows, values: landmarks }, plan);
      const z = new Float32Array(rows * columns.length);
      for (let r = 0, to = 0; r < rows; r++)
        for (let t = 0; t < columns.length; t++, to++)
          z[to] = (native[r * targetCount + columns[t]!]! - means[t]!) / units[t]!;
      return { targets: z, ood };
    },
  };
}

/**
 * The split's rows as `evaluate` takes them: truth in z units, landmarks back on the native scale of the training rows
 * (which for a cohort-standardised dataset is where a model expects them; clipping loses nothing that a model sees).
 */
export async function* evaluationBlocks(
  dataset: OpenDataset,
  { split, columns, signal }: { split: SplitName; columns: Int32Array; signal: AbortSignal },
): AsyncIterable<EvaluationBlock> {
  const { mean, sd } = dataset.landmarkMoments;
  const units = unitsOf(sd, dataset.dataset.standardisation.epsilon);
  const all = dataset.targets.length;
  for await (const { rows, sampleIndices, landmarks, targets } of dataset.blocks({ split, units: "z", signal })) {
    for (let at = 0; at < landmarks.length; at++) {
      const gene = at % mean.length;
      landmarks[at] = landmarks[at]! * units[gene]! + mean[gene]!;
    }
    const truth = new Float32Array(rows * columns.length);
    for (let r = 0, to = 0; r < rows; r++)
      for (let t = 0; t < columns.length; t++, to++) truth[to] = targets[r * all + columns[t]!]!;
    yield { rows, sampleIndices, landmarks, targets: truth };
  }
}
