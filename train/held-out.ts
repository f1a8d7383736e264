import type { DatasetGene } from "../data/dataset/genes.ts";
import { GeneScores } from "../evaluate/accumulate.ts";
import type { GeneRecord, SplitScores } from "../schemas/index.ts";
import { HalfWidths } from "./intervals.ts";
import type { OodFit } from "./ood.ts";
import { oodDistances } from "./ood.ts";
import { reliabilityOf } from "./reliability.ts";
import type { PredictZ, SplitName, TrainingContext, TrainingData } from "./standardised.ts";

/** What is scored on a split: the model, and ridge on the same moments as its always-on baseline. */
export interface Contestants {
  readonly model: PredictZ;
  readonly ridge: PredictZ;
}

/** Sums of |error| over some targets of every row. */
class ErrorSums {
  model = 0;
  ridge = 0;
  mean = 0;

  add(truth: number, predicted: number, byRidge: number): void {
    this.model += Math.abs(predicted - truth);
    this.ridge += Math.abs(byRidge - truth);
    this.mean += Math.abs(truth);
  }

  over(cells: number): SplitScores["mae"] {
    return { model: this.model / cells, ridge: this.ridge / cells, mean: this.mean / cells };
  }
}

/**
 * MAE in z units of the model, of ridge, and of predicting every gene's mean; without the targets that are landmarks
 * too (`overlap` `[targets]`) as well, which any model can copy from its input.
 */
export async function scoreSplit(
  data: TrainingData,
  split: SplitName,
  { model, ridge, overlap, context }: Contestants & { readonly overlap: Uint8Array; readonly context: TrainingContext },
): Promise<SplitScores> {
  const total = data.count(split);
  const others = overlap.reduce((count, flag) => count + 1 - flag, 0);
  const [fresh, copied] = [new ErrorSums(), new ErrorSums()];
  let done = 0;
  for await (const { rows, landmarks, targets } of data.blocks(split)) {
    const predicted = await model(landmarks, rows);
    const byRidge = ridge === model ? predicted : await ridge(landmarks, rows);
    for (let i = 0; i < targets.length; i++) {
      const sums = overlap[i % data.targets] === 1 ? copied : fresh;
      sums.add(targets[i]!, predicted[i]!, byRidge[i]!);
    }
    done += rows;
    context.onProgress({ phase: `score ${split}`, done, total, unit: "profiles" });
  }
  const all = new ErrorSums();
  for (const name of ["model", "ridge", "mean"] as const) all[name] = fresh[name] + copied[name];
  return {
    samples: total,
    mae: all.over(total * data.targets),
    ...(others > 0 && others < data.targets && { withoutOverlap: fresh.over(total * others) }),
  };
}

/** What validation rows tell about every target, and how far they lie from the training rows. */
export interface HeldOut {
  /** MAE in z units, Pearson r (NaN where it is not defined), half-width in z units. [T] each. */
  readonly mae: Float64Array;
  readonly r: Float64Array;
  readonly halfwidths: Float64Array | undefined;
  /** OOD distance of every row. */
  readonly distances: readonly number[];
}

/** One pass over the validation rows. */
export async function heldOut(
  data: TrainingData,
  { predict, ood, targets }: { predict: PredictZ; ood: OodFit; targets: readonly DatasetGene[] },
): Promise<HeldOut> {
  const scores = new GeneScores({ model: "the model", geneIds: targets.map((gene) => gene.id) });
  const widths = new HalfWidths(data.targets, data.count("validation"));
  const distances: number[] = [];
  for await (const { rows, landmarks, targets: truth } of data.blocks("validation")) {
    const prediction = await predict(landmarks, rows);
    scores.add({ truth, prediction, rows });
    widths.add(truth, prediction, rows);
    distances.push(...oodDistances(ood, landmarks));
  }
  const { mae, pearson } = scores.metrics();
  return { mae, r: pearson, halfwidths: widths.finish(), distances };
}

/** The model's gene table: landmarks, then targets with what validation says of them, in output units. */
export function geneRecords(
  { landmarks, targets }: { landmarks: readonly DatasetGene[]; targets: readonly DatasetGene[] },
  unit: Float64Array,
  held: HeldOut | undefined,
): GeneRecord[] {
  const names = ({ id, symbol, entrez, ensembl }: DatasetGene) => ({ id, symbol, entrez, ensembl });
  return [
    ...landmarks.map((gene): GeneRecord => ({ role: "landmark", ...names(gene) })),
    ...targets.map((gene, t): GeneRecord => {
      if (held === undefined) return { role: "target", ...names(gene) };
      const r = Number.isNaN(held.r[t]!) ? undefined : held.r[t]!;
      return {
        role: "target",
        ...names(gene),
        mae: held.mae[t]! * unit[t]!,
        ...(r !== undefined && { r }),
        reliability: reliabilityOf(r),
        ...(held.halfwidths && { halfwidth90: held.halfwidths[t]! * unit[t]! }),
      };
    }),
  ];
}
