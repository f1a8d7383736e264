import type { Block } from "../source.ts";
import type { Alignment } from "./align.ts";

/**
 * Picks a model's landmarks out of a block of an input.
 *
 * Several columns of one landmark are merged as the alignment says: `mean`, or `max`, the largest value in each sample
 * by itself; missing values do not count.
 * @param block `[rows, input genes]`, only read
 * @returns `[rows, landmarks]`, NaN where the input has no value; belongs to the caller
 */
export function gatherLandmarks(
  block: Pick<Block, "rows" | "values">,
  alignment: Pick<Alignment, "sources" | "duplicates">,
): Float32Array {
  const { rows, values } = block;
  const landmarks = alignment.sources.length;
  const gathered = new Float32Array(rows * landmarks);
  if (rows === 0) return gathered;
  const genes = values.length / rows;
  const first = Int32Array.from(alignment.sources, (columns) => columns[0] ?? -1);
  for (let row = 0; row < rows; row += 1) {
    const from = row * genes;
    const to = row * landmarks;
    for (let landmark = 0; landmark < landmarks; landmark += 1) {
      const column = first[landmark] as number;
      gathered[to + landmark] = column < 0 ? Number.NaN : (values[from + column] as number);
    }
  }
  const merge = alignment.duplicates === "max" ? mergeMax : mergeMean;
  for (const [landmark, columns] of alignment.sources.entries()) {
    if (columns.length > 1) merge({ gathered, landmark, landmarks, values, genes, columns });
  }
  return gathered;
}

interface Merge {
  readonly gathered: Float32Array;
  readonly landmark: number;
  readonly landmarks: number;
  readonly values: Float32Array;
  readonly genes: number;
  readonly columns: readonly number[];
}

function mergeMean({ gathered, landmark, landmarks, values, genes, columns }: Merge): void {
  for (let to = landmark, from = 0; to < gathered.length; to += landmarks, from += genes) {
    let sum = 0;
    let count = 0;
    for (const column of columns) {
      const value = values[from + column] as number;
      if (Number.isNaN(value)) continue;
      sum += value;
      count += 1;
    }
    gathered[to] = sum / count; // 0 / 0 = NaN: missing
  }
}

function mergeMax({ gathered, landmark, landmarks, values, genes, columns }: Merge): void {
  for (let to = landmark, from = 0; to < gathered.length; to += landmarks, from += genes) {
    let largest = Number.NaN;
    for (const column of columns) {
      const value = values[from + column] as number;
      if (!(value <= largest) && !Number.isNaN(value)) largest = value;
    }
    gathered[to] = largest;
  }
}
