/** Moments of one side of a model's transform. */
export interface ZMoments {
  /** `[genes]` */
  readonly mean: readonly number[];
  /** `[genes]` */
  readonly sd: readonly number[];
  readonly epsilon: number;
}

/** z = (x − mean) / (sd + ε) in place, for `values` `[rows, genes]`; not clipped: the model's results are not either. */
export function toZScores(values: Float32Array, { mean, sd, epsilon }: ZMoments): void {
  const genes = mean.length;
  const means = Float64Array.from(mean);
  const units = Float64Array.from(sd, (value) => value + epsilon);
  for (let start = 0; start < values.length; start += genes) {
    for (let gene = 0; gene < genes; gene += 1) {
      const at = start + gene;
      values[at] = ((values[at] as number) - (means[gene] as number)) / (units[gene] as number);
    }
  }
}
