/** Added to every sd, so that a gene that hardly varies does not explode (architecture.md, z units). */
export const standardEpsilon = 1e-3;

/** Per-column z transform of a matrix `[rows, columns]`: z = clip((x − mean) / (sd + epsilon), ±clip). */
export interface ColumnScaling {
  /** `[columns]` */
  readonly mean: Float64Array;
  /** sd + epsilon, `[columns]`: z units to native units. */
  readonly spread: Float64Array;
  /** Largest |z|; infinite where nothing is clipped. */
  readonly clip: number;
}

/** Moments of some columns, and how they are used. */
export interface ScalingParts {
  /** `[columns]` */
  readonly mean: Float64Array;
  /** Population standard deviation, `[columns]`. */
  readonly sd: Float64Array;
  readonly epsilon: number;
  readonly clip?: number | undefined;
}

/** Makes the transform of columns with these moments; `mean` is shared, not copied. */
export function columnScaling({ mean, sd, epsilon, clip = Number.POSITIVE_INFINITY }: ScalingParts): ColumnScaling {
  return { mean, spread: sd.map((deviation) => deviation + epsilon), clip };
}

/** Turns native units into z units in place; `values` is `[rows, columns]` and NaN stays NaN. */
export function standardise(values: Float32Array, { mean, spread, clip }: ColumnScaling): void {
  const columns = mean.length;
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column += 1) {
      const z = ((values[start + column] as number) - (mean[column] as number)) / (spread[column] as number);
      values[start + column] = z > clip ? clip : z < -clip ? -clip : z;
    }
  }
}
