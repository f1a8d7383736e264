import type { Weight } from "../read/weight-data.ts";

/** Elements of a kernel in memory at a time: 16 MiB. */
const panelElements = 2 ** 22;
/** Columns worked on at a time: what is added to then stays in the cache. */
const blockColumns = 2048;

/** Rows of x worked on at a time: each weight that is read is then used as often. */
const groupRows = 4;

/**
 * x·W in float64 for x `[rows, in]` and a kernel `[in, units]` that stays in its file but for a panel of its rows. It
 * shares no code with the exporter's operators or ONNX Runtime: it is the oracle of layers too large for tfjs.
 * @returns `[rows, units]`.
 */
export function denseProduct(x: Float32Array, { dims, read }: Weight): Float64Array {
  const [width = 1, units = 1] = dims;
  const rows = x.length / width;
  const padded = Math.ceil(rows / groupRows) * groupRows;
  // One column of zeros more, as rows of the kernel are taken in pairs.
  const factors = new Float64Array(padded * (width + 1));
  for (let row = 0; row < rows; row++) factors.set(x.subarray(row * width, (row + 1) * width), row * (width + 1));
  const sums = new Float64Array(padded * units);
  // Even: only the last panel can end in half a pair, and there the factor is the zero.
  const height = 2 * Math.max(1, Math.floor(Math.min(width + 1, panelElements / units) / 2));
  const panel = new Float32Array((height + 1) * units);
  for (let top = 0; top < width; top += height) {
    const count = Math.min(height, width - top);
    read(top * units, panel.subarray(0, count * units));
    panel.fill(0, count * units);
    for (let left = 0; left < units; left += blockColumns)
      addBlock(sums, { factors, stride: width + 1, top, count, panel, units, left });
  }
  return sums.subarray(0, rows * units);
}

interface Block {
  /** x with a column of zeros, a multiple of four rows. */
  readonly factors: Float64Array;
  /** Columns of the factors. */
  readonly stride: number;
  /** The kernel's row that the panel begins with. */
  readonly top: number;
  /** Rows of the panel; zeros follow. */
  readonly count: number;
  readonly panel: Float32Array;
  readonly units: number;
  /** The first of the columns that are added to. */
  readonly left: number;
}

/** Adds the products of some columns of a panel: four rows of x with two of the panel at a time. */
function addBlock(sums: Float64Array, { factors, stride, top, count, panel, units, left }: Block): void {
  const right = Math.min(units, left + blockColumns);
  const from = (row: number, k: number): number => factors[row * stride + top + k] as number;
  for (let k = 0; k < count; k += 2) {
    const [p, q] = [k * units, (k + 1) * units];
    for (let row = 0; row * stride < factors.length; row += groupRows) {
      const [a0, a1, b0, b1] = [from(row, k), from(row, k + 1), from(row + 1, k), from(row + 1, k + 1)];
      const [c0, c1, d0, d1] = [from(row + 2, k), from(row + 2, k + 1), from(row + 3, k), from(row + 3, k + 1)];
      const [a, b, c, d] = [row * units, (row + 1) * units, (row + 2) * units, (row + 3) * units];
      for (let at = left; at < right; at++) {
        const w0 = panel[p + at] as number;
        const w1 = panel[q + at] as number;
        sums[a + at] = (sums[a + at] as number) + a0 * w0 + a1 * w1;
        sums[b + at] = (sums[b + at] as number) + b0 * w0 + b1 * w1;
        sums[c + at] = (sums[c + at] as number) + c0 * w0 + c1 * w1;
        sums[d + at] = (sums[d + at] as number) + d0 * w0 + d1 * w1;
      }
    }
  }
}
