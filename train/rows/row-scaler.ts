import type { RoleScaling } from "../../data/dataset/blocks.ts";
import type { ColumnScaling } from "../../data/dataset/standardise.ts";
import { type ColumnTable, type ScalingProgram, scalingProgram } from "./scaling-program.ts";

/** Raw rows that are in memory at once, twice: one window is scaled while the other is read. */
const windowBytes = 32 * 2 ** 20;

/** What is made of every row. */
export interface ScalerPlan {
  /** Genes of a raw row. */
  readonly genes: number;
  readonly landmarkColumns: Int32Array;
  /** Targets in use. */
  readonly targetColumns: Int32Array;
  /** Every scaling there is, for these columns. */
  readonly scalings: readonly RoleScaling[];
  /** Rows of a window at most. */
  readonly maxRows: number;
}

/** Rows of the result, `[n, L]` and `[n, T]`. */
export interface ZRows {
  readonly x: Float32Array;
  readonly y: Float32Array;
}

/**
 * Two windows of raw rows in the memory of a program, and their way into z rows. All memory is taken when it is made;
 * nothing is allocated a row.
 */
export class RowScaler {
  /** Rows of a window. */
  readonly windowRows: number;
  /** `[windowRows, genes]` each: to be filled from the file. */
  readonly windows: readonly [Float32Array, Float32Array];
  readonly #program: ScalingProgram;
  readonly #rowBytes: number;
  readonly #tables: readonly { readonly x: ColumnTable; readonly y: ColumnTable }[];
  readonly #scaledX: Float32Array;
  readonly #scaledY: Float32Array;

  constructor({ genes, landmarkColumns, targetColumns, scalings, maxRows }: ScalerPlan) {
    this.#rowBytes = 4 * genes;
    this.windowRows = Math.max(1, Math.min(maxRows, Math.floor(windowBytes / this.#rowBytes)));
    let used = 0;
    const reserve = (bytes: number): number => {
      const address = used;
      used += Math.ceil(bytes / 16) * 16;
      return address;
    };
    const roles = [landmarkColumns, targetColumns].map((columns) => {
      const padded = Math.ceil(columns.length / 4) * 4;
      const out = reserve(4 * padded);
      const offsets = reserve(4 * padded);
      const tables = scalings.map(() => ({ mean: reserve(8 * padded), spread: reserve(8 * padded) }));
      return { columns, padded, out, offsets, tables };
    });
    const windows = [0, 1].map(() => reserve(this.windowRows * this.#rowBytes));
    this.#program = scalingProgram(used);
    const { memory } = this.#program;
    const window = (at: number): Float32Array => new Float32Array(memory, windows[at], this.windowRows * genes);
    this.windows = [window(0), window(1)];
    const programs = roles.map(({ columns, padded, out, offsets, tables }, role) => {
      new Int32Array(memory, offsets, padded).set(columns.map((column) => 4 * column));
      return scalings.map((scaling, at): ColumnTable => {
        const { mean = 0, spread = 0 } = tables[at] ?? {};
        const columnScaling = role === 0 ? scaling.landmarks : scaling.targets;
        fill(memory, { mean, spread, padded }, columnScaling);
        return { offsets, mean, spread, out, outEnd: out + 4 * padded, clip: columnScaling.clip };
      });
    });
    this.#tables = scalings.map((_, at) => ({ x: pick(programs[0], at), y: pick(programs[1], at) }));
    this.#scaledX = new Float32Array(memory, roles[0]?.out, landmarkColumns.length);
    this.#scaledY = new Float32Array(memory, roles[1]?.out, targetColumns.length);
  }

  /** Scales the first rows of a window into rows `[first, first + scalings.length)` of the result. */
  scale(window: 0 | 1, scalings: Uint16Array, { x, y, first }: ZRows & { readonly first: number }): void {
    let row = this.windows[window].byteOffset;
    for (let at = 0; at < scalings.length; at += 1, row += this.#rowBytes) {
      const table = pick(this.#tables, scalings[at] ?? 0);
      this.#program.run(row, table.x);
      x.set(this.#scaledX, (first + at) * this.#scaledX.length);
      this.#program.run(row, table.y);
      y.set(this.#scaledY, (first + at) * this.#scaledY.length);
    }
  }
}

function pick<T>(list: readonly T[] | undefined, at: number): T {
  const item = list?.[at];
  if (item === undefined) throw new Error(`no scaling ${at}`);
  return item;
}

/** Columns that fill up to a multiple of 4 read the row's first gene and are thrown away; their spread is 1. */
function fill(
  memory: ArrayBuffer,
  { mean, spread, padded }: { readonly mean: number; readonly spread: number; readonly padded: number },
  scaling: ColumnScaling,
): void {
  new Float64Array(memory, mean, padded).set(scaling.mean);
  new Float64Array(memory, spread, padded).fill(1).set(scaling.spread);
}
