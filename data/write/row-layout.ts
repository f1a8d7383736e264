/**
 * Files whose every byte but the values has its place before the first value is known: rows and columns are then written
 * by position, in any order, by anyone, and a file cut short by a crash is continued where it is.
 * @module
 */
import type { ValueStorage } from "../../schemas/index.ts";
import type { NumberType } from "./number-type.ts";

/** Bytes that do not depend on the values. */
export interface FixedBytes {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Rows that lie end to end, and the reserved columns' items that belong to them. */
export interface RowSection {
  readonly rowsOffset: number;
  /** Of the section's first item, by column. */
  readonly columns: ReadonlyMap<string, number>;
}

/** A file as bytes that are fixed and places for the rest. */
export interface RowLayout {
  readonly fixed: readonly FixedBytes[];
  /** Rows a section; the last one may have fewer. */
  readonly sectionRows: number;
  readonly sections: readonly RowSection[];
  readonly columnTypes: ReadonlyMap<string, NumberType>;
  readonly storage: ValueStorage;
  readonly sampleCount: number;
  readonly geneCount: number;
  readonly totalBytes: number;
  /** Ids and metadata cells that had to be changed to be written. */
  readonly transliterated: number;
}

/** Bytes of one value. */
export const storageBytes = { float32: 4, float16: 2 } as const satisfies Record<ValueStorage, number>;

/** A part of some rows that lies in one section. */
export interface RowRun {
  readonly section: RowSection;
  /** First row of the run, counted in the section and among the rows asked for. */
  readonly inSection: number;
  readonly inRows: number;
  readonly rows: number;
}

/** Cuts rows `[start, start + rows)` where sections end. */
export function rowRuns(
  { sections, sectionRows }: Pick<RowLayout, "sections" | "sectionRows">,
  start: number,
  rows: number,
): RowRun[] {
  const runs: RowRun[] = [];
  for (let row = start; row < start + rows; ) {
    const index = Math.floor(row / sectionRows);
    const section = sections[index];
    if (section === undefined) throw new RangeError(`row ${row} is in no section`);
    const end = Math.min(start + rows, (index + 1) * sectionRows);
    runs.push({ section, inSection: row - index * sectionRows, inRows: row - start, rows: end - row });
    row = end;
  }
  return runs;
}
