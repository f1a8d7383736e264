/** Rows in memory for trainings: y = tanh(x·A) + noise, cohorts as told; validation rows first. */
import type { RowStore } from "../../../train/rows/row-store.ts";
import type { SplitName } from "../../../train/standardised.ts";
import { normals } from "../ort/nets.ts";

export const [landmarks, targets] = [8, 6];

/** Counts of rows by split, then cohort. */
export type Counts = Partial<Record<SplitName, Readonly<Record<string, number>>>>;

export class MemoryRows implements RowStore {
  readonly landmarks = landmarks;
  readonly targets = targets;
  readonly x: Float32Array;
  readonly y: Float32Array;
  /** Rows of each read, in order. */
  readonly reads: number[] = [];
  readonly #places: readonly { readonly split: SplitName; readonly cohort: string }[];
  isClosed = false;

  /** @param factor Of the targets of all cohorts but geo: they are another population. */
  constructor(counts: Counts, { seed = 1, factor = 1 }: { readonly seed?: number; readonly factor?: number } = {}) {
    this.#places = (["validation", "train", "test"] as const).flatMap((split) =>
      Object.entries(counts[split] ?? {}).flatMap(([cohort, rows]) =>
        Array.from({ length: rows }, () => ({ split, cohort })),
      ),
    );
    const rows = this.#places.length;
    this.x = normals(rows * landmarks, seed);
    this.y = normals(rows * targets, seed + 50, 0.1);
    const mixing = normals(landmarks * targets, 99);
    for (const [r, { cohort }] of this.#places.entries())
      for (let t = 0; t < targets; t++) {
        let z = 0;
        for (let i = 0; i < landmarks; i++) z += (this.x[r * landmarks + i] ?? 0) * (mixing[i * targets + t] ?? 0);
        this.y[r * targets + t] = (cohort === "geo" ? 1 : factor) * Math.tanh(z) + (this.y[r * targets + t] ?? 0);
      }
  }

  rowsOf(split: SplitName, cohort?: string): Int32Array {
    const rows = this.#places.flatMap((place, row) =>
      place.split === split && (cohort === undefined || place.cohort === cohort) ? [row] : [],
    );
    return Int32Array.from(rows);
  }

  cohortsOf(split: SplitName): readonly string[] {
    return [...new Set(this.#places.flatMap((place) => (place.split === split ? [place.cohort] : [])))];
  }

  async read(rows: Int32Array, { x, y }: { readonly x: Float32Array; readonly y: Float32Array }): Promise<void> {
    if (this.isClosed) throw new Error("read after the end");
    this.reads.push(rows.length);
    await Promise.resolve();
    for (const [at, row] of rows.entries()) {
      x.set(this.x.subarray(row * landmarks, (row + 1) * landmarks), at * landmarks);
      y.set(this.y.subarray(row * targets, (row + 1) * targets), at * targets);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}
