/**
 * Short vectors whose distances never exceed those of the rows: what rules most pairs of samples out.
 *
 * Genes are dealt at random into K groups; a sketch holds for each group the sum of its genes' values with random
 * signs, over √(genes of the group). By Cauchy–Schwarz (Σ ±x)² / g ≤ Σ x² in each group, so ‖sketch(a) − sketch(b)‖ ≤
 * ‖a − b‖ for any data and any signs; and random signs make it √(K/p)·‖a − b‖ on average, as a projection onto K random
 * directions would, at p operations a row instead of K·p (the count sketch of Charikar, Chen and Farach-Colton 2002).
 * @module
 */
import type { OnProgress } from "../../schemas/index.ts";
import type { Random } from "../random.ts";
import { type BadRow, badRows, faultyCell } from "./bad-rows.ts";
import type { SourceRows } from "./source-rows.ts";

export interface Sketches {
  readonly rows: number;
  /** Numbers a sketch, K. */
  readonly width: number;
  /** `[rows, width]`, of rows about the mean row of the first block. */
  readonly values: Float32Array;
  /**
   * `[rows]`: how far rounding may have moved a sketch, so that ‖a − b‖ ≥ ‖values(a) − values(b)‖ − error(a) − error(b).
   * u·‖sketch‖ for storing it as float32 (u = 2⁻²⁴) and (g + 4)·2⁻⁵³·‖row‖ for sums of g terms in float64
   * (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., eq. 4.4), 1 % more for terms of second order.
   */
  readonly error: Float64Array;
}

/** Numbers that tell replicates from duplicates well; more cost time and tell little more. */
const fullWidth = 256;
const leastWidth = 16;
/** Squares of larger sketches would overflow float32. */
const largestSquare = 1e36;
/** A row with a larger value is refused. It must not move the centre, or all rows would be. */
const largestValue = 1e18;

/** Numbers a sketch: all genes where they are few, fewer than {@link fullWidth} where sketches would outgrow `bytes`. */
export function sketchWidth({ rows, columns }: Pick<SourceRows, "rows" | "columns">, bytes: number): number {
  const affordable = Math.max(leastWidth, Math.floor(bytes / (4 * Math.max(1, rows))));
  return Math.min(fullWidth, columns, affordable);
}

export interface SketchOptions {
  /** Deals the genes; sketches rule out pairs correctly whatever it gives. */
  readonly random: Random;
  /** From {@link sketchWidth}. */
  readonly width: number;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Sketches of all rows, in one pass.
 * @throws AppError `bad-data` naming samples and genes with values that are missing, infinite or too large; as the
 * source does otherwise.
 */
export async function sketchRows(rows: SourceRows, { random, width, onProgress }: SketchOptions): Promise<Sketches> {
  const { columns } = rows;
  const deal = dealGenes(columns, width, random);
  const sketches = {
    rows: rows.rows,
    width,
    values: new Float32Array(rows.rows * width),
    error: new Float64Array(rows.rows),
  };
  const bad: BadRow[] = [];
  let centre: Float64Array | undefined;
  for await (const { start, rows: count, values } of rows.stream()) {
    centre ??= meanRow(values, columns);
    for (let row = 0; row < count; row += 1) {
      const cells = values.subarray(row * columns, (row + 1) * columns);
      const fits = sketchRow(cells, { deal, centre, row: start + row }, sketches);
      if (!fits) bad.push({ row: start + row, ...faultyCell(cells) });
    }
    onProgress?.({ phase: "sketch samples", done: start + count, total: rows.rows, unit: "profiles" });
  }
  if (bad.length > 0) throw badRows(rows.source, bad);
  return sketches;
}

/** Which group a gene belongs to, and with what weight, ±1/√(genes of the group). */
interface Deal {
  readonly group: Int32Array;
  readonly weight: Float64Array;
  /** Genes of the largest group. */
  readonly largest: number;
}

function dealGenes(genes: number, width: number, random: Random): Deal {
  const group = Int32Array.from({ length: genes }, (_, gene) => gene % width);
  random.shuffle(group);
  // The first groups get the genes that are left over.
  const sizeOf = (index: number): number => Math.floor(genes / width) + (index < genes % width ? 1 : 0);
  const weight = Float64Array.from(group, (index) => (random.integer(2) === 0 ? 1 : -1) / Math.sqrt(sizeOf(index)));
  return { group, weight, largest: sizeOf(0) };
}

interface SketchedRow {
  readonly deal: Deal;
  readonly centre: Float64Array;
  readonly row: number;
}

/** Puts one row's sketch in its place; false where its values are not finite or too large. */
function sketchRow(cells: Float32Array, { deal, centre, row }: SketchedRow, sketches: Sketches): boolean {
  const { group, weight, largest } = deal;
  const { width, values, error } = sketches;
  const sums = new Float64Array(width);
  let squares = 0;
  for (let gene = 0; gene < cells.length; gene += 1) {
    const x = (cells[gene] as number) - (centre[gene] as number);
    const index = group[gene] as number;
    sums[index] = (sums[index] as number) + (weight[gene] as number) * x;
    squares += x * x;
  }
  let own = 0;
  for (const sum of sums) own += sum * sum;
  values.set(sums, row * width);
  error[row] = 1.01 * (2 ** -24 * Math.sqrt(own) + (largest + 4) * 2 ** -53 * Math.sqrt(squares));
  // Written so that NaN fails too.
  return squares < largestSquare;
}

/** Mean of each column without absurd values, in float64: any centre is right, one near the data loses least. */
function meanRow(values: Float32Array, columns: number): Float64Array {
  const sum = new Float64Array(columns);
  const count = new Float64Array(columns);
  for (let start = 0; start < values.length; start += columns) {
    for (let column = 0; column < columns; column += 1) {
      const x = values[start + column] as number;
      if (!(Math.abs(x) < largestValue)) continue;
      sum[column] = (sum[column] as number) + x;
      count[column] = (count[column] as number) + 1;
    }
  }
  return sum.map((total, column) => total / Math.max(1, count[column] as number));
}
