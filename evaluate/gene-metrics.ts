/** Scores of every gene, each array `[genes]`, in z units where they have a unit; NaN: not defined for the gene. */
export interface GeneMetrics {
  /** Cells with a truth. */
  readonly n: Float64Array;
  readonly mae: Float64Array;
  readonly rmse: Float64Array;
  /** Mean of prediction − truth. */
  readonly bias: Float64Array;
  /** Not defined where truth or prediction does not vary. */
  readonly pearson: Float64Array;
  /** 1 − SSE/SST, SST about the truth's own mean; not defined where the truth does not vary. */
  readonly r2: Float64Array;
  /**
   * Concordance 2·cov / (var + var' + (mean − mean')²), population moments (Lin, Biometrics 45, 1989); not defined
   * where neither varies and the means agree.
   */
  readonly ccc: Float64Array;
  /** Σxy / √(Σx²·Σy²); not defined where one is all 0. */
  readonly cosine: Float64Array;
  readonly meanTruth: Float64Array;
  /** Population standard deviations. */
  readonly sdTruth: Float64Array;
  readonly sdPrediction: Float64Array;
  /** sd(prediction) / sd(truth); not defined where the truth does not vary. */
  readonly sdRatio: Float64Array;
  /** Share of cells with |error| ≤ half-width; absent where the model has no half-widths. */
  readonly coverage?: Float64Array;
}

/** Float64 sums over the cells of each gene, `[genes]` each; x is the truth, y the prediction, both less their shift. */
export interface GeneSums {
  readonly n: Float64Array;
  readonly shiftX: Float64Array;
  readonly shiftY: Float64Array;
  readonly x: Float64Array;
  readonly xx: Float64Array;
  readonly y: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
  readonly error: Float64Array;
  readonly absolute: Float64Array;
  readonly squared: Float64Array;
  readonly inside: Float64Array;
}

/** Sums of no cells. */
export function emptySums(genes: number): GeneSums {
  const zeros = () => new Float64Array(genes);
  return {
    n: zeros(),
    shiftX: zeros(),
    shiftY: zeros(),
    x: zeros(),
    xx: zeros(),
    y: zeros(),
    yy: zeros(),
    xy: zeros(),
    error: zeros(),
    absolute: zeros(),
    squared: zeros(),
    inside: zeros(),
  };
}

const clampedCorrelation = (r: number) => Math.min(1, Math.max(-1, r));

/** The scores that the sums stand for, new arrays; `widths` `[genes]` are the half-widths `inside` was counted with. */
export function geneMetrics(sums: GeneSums, widths: Float64Array | undefined): GeneMetrics {
  const genes = sums.n.length;
  const of = (score: (g: number, n: number) => number) =>
    Float64Array.from({ length: genes }, (_, g) => score(g, sums.n[g]!));
  const variation = (squares: Float64Array, totals: Float64Array) =>
    of((g, n) => (n === 0 ? Number.NaN : Math.max(0, squares[g]! - totals[g]! ** 2 / n)));
  const mean = (totals: Float64Array, shift: Float64Array) => of((g, n) => shift[g]! + totals[g]! / n);
  const sst = variation(sums.xx, sums.x);
  const ssp = variation(sums.yy, sums.y);
  const covariation = of((g, n) => sums.xy[g]! - (sums.x[g]! * sums.y[g]!) / n);
  const [meanTruth, meanPrediction] = [mean(sums.x, sums.shiftX), mean(sums.y, sums.shiftY)];
  const sdTruth = of((g, n) => Math.sqrt(sst[g]! / n));
  const sdPrediction = of((g, n) => Math.sqrt(ssp[g]! / n));
  const whereTruthVaries = (score: (g: number) => number) => of((g) => (sst[g]! > 0 ? score(g) : Number.NaN));
  return {
    n: sums.n.slice(),
    mae: of((g, n) => sums.absolute[g]! / n),
    rmse: of((g, n) => Math.sqrt(sums.squared[g]! / n)),
    bias: of((g, n) => sums.error[g]! / n),
    pearson: of((g) =>
      sst[g]! > 0 && ssp[g]! > 0 ? clampedCorrelation(covariation[g]! / Math.sqrt(sst[g]! * ssp[g]!)) : Number.NaN,
    ),
    r2: whereTruthVaries((g) => 1 - sums.squared[g]! / sst[g]!),
    ccc: of((g, n) => {
      const spread = sst[g]! + ssp[g]! + n * (sums.error[g]! / n) ** 2;
      return spread > 0 ? clampedCorrelation((2 * covariation[g]!) / spread) : Number.NaN;
    }),
    cosine: of((g, n) => {
      const squares = (sst[g]! + n * meanTruth[g]! ** 2) * (ssp[g]! + n * meanPrediction[g]! ** 2);
      const product = covariation[g]! + n * meanTruth[g]! * meanPrediction[g]!;
      return squares > 0 ? clampedCorrelation(product / Math.sqrt(squares)) : Number.NaN;
    }),
    meanTruth,
    sdTruth,
    sdPrediction,
    sdRatio: whereTruthVaries((g) => sdPrediction[g]! / sdTruth[g]!),
    ...(widths && { coverage: of((g, n) => (Number.isNaN(widths[g]!) ? Number.NaN : sums.inside[g]! / n)) }),
  };
}
