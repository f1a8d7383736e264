import { AppError } from "../../schemas/index.ts";
import { MomentsAccumulator } from "../dataset/moments.ts";

/** Fewest profiles whose own moments are worth more than none: the mean of 20 is known to 0.22 sd, the sd to 16 %. */
export const smallestCohort = 20;

/** Moments of a model's training rows per landmark, `[landmarks]`, and what is added to each sd. */
export interface TrainingMoments {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
  readonly epsilon: number;
}

/** Frozen map of one cohort onto training moments: x' = (x − inputMean) · factor + trainingMean; `[landmarks]` each. */
export interface CohortMap {
  readonly inputMean: Float64Array;
  readonly factor: Float64Array;
  readonly trainingMean: Float64Array;
  /** Landmarks with fewer than {@link smallestCohort} values: {@link mapCohort} makes them missing. */
  readonly sparse: readonly number[];
}

/**
 * First pass of `--harmonise cohort`: moments of the input's own landmarks (D-GEX standardises each cohort by itself;
 * Chen et al. 2016, Bioinformatics 32:1832, section 2.1), streamed.
 */
export class CohortMoments {
  readonly #moments: MomentsAccumulator;
  #samples = 0;

  constructor(landmarks: number) {
    this.#moments = new MomentsAccumulator(landmarks);
  }

  /** Counts rows `[rows, landmarks]`; NaN are left out. */
  add(values: Float32Array, rows: number): void {
    this.#moments.add({ values, rows: Int32Array.from({ length: rows }, (_, row) => row) });
    this.#samples += rows;
  }

  /**
   * The map of this cohort onto the training moments:
   * x' = (x − m_input) / (s_input + ε) · (s_training + ε) + m_training.
   * @throws AppError `bad-data` when there are fewer than {@link smallestCohort} profiles
   */
  finish(training: TrainingMoments): CohortMap {
    if (this.#samples < smallestCohort) {
      throw new AppError("bad-data", {
        what: "too few profiles to harmonise by their own moments",
        expected: `at least ${smallestCohort} profiles`,
        got: String(this.#samples),
        advice: "Choose --harmonise quantile, which maps each profile by itself",
      });
    }
    const { mean: inputMean, sd, count } = this.#moments.finish();
    const trainingMean = Float64Array.from(training.mean);
    const factor = sd.map((own, i) => ((training.sd[i] ?? Number.NaN) + training.epsilon) / (own + training.epsilon));
    const sparse = Array.from(count.keys()).filter((landmark) => (count[landmark] ?? 0) < smallestCohort);
    for (const landmark of sparse) factor[landmark] = Number.NaN;
    return { inputMean, factor, trainingMean, sparse };
  }
}

/**
 * Maps rows of a cohort onto the training moments; a row's result depends on the map alone.
 * @param values `[rows, landmarks]`, only read
 * @returns `[rows, landmarks]`, belongs to the caller; missing values stay missing
 */
export function mapCohort(values: Float32Array, { inputMean, factor, trainingMean }: CohortMap): Float32Array {
  const landmarks = factor.length;
  const mapped = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += landmarks) {
    for (let i = 0; i < landmarks; i += 1) {
      const centred = (values[start + i] as number) - (inputMean[i] as number);
      mapped[start + i] = centred * (factor[i] as number) + (trainingMean[i] as number);
    }
  }
  return mapped;
}
