import type { OnProgress } from "../../schemas/index.ts";
import type { Candidate } from "../candidates.ts";
import type { TrainingData } from "../standardised.ts";
import type { Affine, AffineRunner } from "./affine.ts";

/** How the candidates of one hyper-parameter predict. */
export interface CandidateMaps {
  /** The hyper-parameter, for progress. */
  readonly name: string;
  readonly values: readonly number[];
  /** The affine map of a value; made anew for every block, so that only one is in memory. */
  readonly affineOf: (value: number) => Affine;
  /** Brings a block's landmarks `[rows, L]` into the basis that the maps are stated in. */
  readonly rotate?: (landmarks: Float32Array, rows: number) => Promise<Float32Array>;
}

/** Validation MAE (z units) of every value, in one pass over the validation rows. */
export async function scoreCandidates(
  { name, values, affineOf, rotate }: CandidateMaps,
  { data, runner, onProgress }: { data: TrainingData; runner: AffineRunner; onProgress: OnProgress },
): Promise<Candidate[]> {
  const sums = values.map(() => new Float64Array(data.targets));
  const total = data.count("validation");
  let done = 0;
  for await (const block of data.blocks("validation")) {
    const landmarks = rotate === undefined ? block.landmarks : await rotate(block.landmarks, block.rows);
    for (const [i, value] of values.entries())
      await runner.addErrors(affineOf(value), { ...block, landmarks }, sums[i] ?? new Float64Array(0));
    done += block.rows;
    onProgress({ phase: `choose ${name}`, done, total, unit: "profiles" });
  }
  return values.map((value, i) => {
    const sum = sums[i]?.reduce((a, b) => a + b, 0) ?? Number.NaN;
    return { value, validationMae: sum / (total * data.targets) };
  });
}
