/**
 * The major weights of a net (Chen et al. 2016, Bioinformatics 32:1832, 3.4): of each input unit those weights that lie
 * at least 4 standard deviations from the mean of its weights, of each output unit those at 5 or more.
 * @module
 */

/** The thresholds of the paper, in standard deviations. */
export const majorSds = { inputs: 4, outputs: 5 } as const;

/** Weights kept between a gene and a hidden unit, in the kernel's order; arrays are as long as there are edges. */
export interface MajorWeights {
  /** Index of the landmark or target. */
  readonly genes: Int32Array;
  /** Index of the hidden unit. */
  readonly units: Int32Array;
  readonly weights: Float32Array;
  /** (weight − mean) / sd over the weights of the gene. */
  readonly deviations: Float32Array;
}

/** A kernel `[rows, columns]`, row-major. */
export interface Kernel {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
}

/** Grows as edges are found: how many there are is not known before. */
class EdgeList {
  readonly #genes: number[] = [];
  readonly #units: number[] = [];
  readonly #weights: number[] = [];
  readonly #deviations: number[] = [];

  add(gene: number, unit: number, [weight, deviation]: readonly [number, number]): void {
    this.#genes.push(gene);
    this.#units.push(unit);
    this.#weights.push(weight);
    this.#deviations.push(deviation);
  }

  finish(): MajorWeights {
    return {
      genes: Int32Array.from(this.#genes),
      units: Int32Array.from(this.#units),
      weights: Float32Array.from(this.#weights),
      deviations: Float32Array.from(this.#deviations),
    };
  }
}

/**
 * Of every row, a gene's weights to all hidden units, those with |w − mean| ≥ sds · sd (population). A row whose
 * weights are all equal has none.
 */
export function majorOfRows({ values, rows, columns }: Kernel, sds: number = majorSds.inputs): MajorWeights {
  const edges = new EdgeList();
  for (let r = 0; r < rows; r++) {
    const row = values.subarray(r * columns, (r + 1) * columns);
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += row[c] ?? Number.NaN;
    const mean = sum / columns;
    let squares = 0;
    for (let c = 0; c < columns; c++) squares += ((row[c] ?? Number.NaN) - mean) ** 2;
    const sd = Math.sqrt(squares / columns);
    if (!(sd > 0)) continue;
    const limit = sds * sd;
    for (let c = 0; c < columns; c++) {
      const weight = row[c] ?? Number.NaN;
      if (Math.abs(weight - mean) >= limit) edges.add(r, c, [weight, (weight - mean) / sd]);
    }
  }
  return edges.finish();
}

/** The same of every column, a gene's weights from all hidden units: one pass a moment, in the kernel's order. */
export function majorOfColumns({ values, rows, columns }: Kernel, sds: number = majorSds.outputs): MajorWeights {
  const mean = new Float64Array(columns);
  const sd = new Float64Array(columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) mean[c] = (mean[c] ?? 0) + (values[r * columns + c] ?? Number.NaN) / rows;
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      sd[c] = (sd[c] ?? 0) + ((values[r * columns + c] ?? Number.NaN) - (mean[c] ?? Number.NaN)) ** 2;
  for (let c = 0; c < columns; c++) sd[c] = Math.sqrt((sd[c] ?? 0) / rows);
  const edges = new EdgeList();
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const weight = values[r * columns + c] ?? Number.NaN;
      const [centre, spread] = [mean[c] ?? Number.NaN, sd[c] ?? 0];
      if (spread > 0 && Math.abs(weight - centre) >= sds * spread)
        edges.add(c, r, [weight, (weight - centre) / spread]);
    }
  return edges.finish();
}
