/**
 * Cholesky factorisation of Gram matrices of thousands of columns, in panels whose products run on ONNX Runtime, and
 * the share of variance that follows from it. Columns that are combinations of earlier ones are left out, not refused:
 * hidden layers have dead and twin units.
 * @module
 */
import type { Products } from "../../runtime/algebra/products.ts";

/** Columns of a panel: its own factorisation, in JavaScript, costs panels · width³. */
const panelWidth = 256;

/**
 * A column counts as a combination of earlier ones where less than this share of its variance is left: what rounding of
 * float32 activations alone makes is (2⁻²³)², summed over some terms.
 */
const dependentShare = 1e-12;

/** Columns `[start, start + width)` of L from row `start` on, `[n − start, width]`; dependent columns are 0. */
interface Panel {
  readonly start: number;
  readonly width: number;
  readonly values: Float64Array;
  /** Inverse of the diagonal block `[width, width]`, lower; rows and columns of dependent ones are 0. */
  readonly inverse: Float64Array;
}

/** L of G = L·Lᵀ, in panels, over its independent columns. */
export interface PanelFactor {
  readonly n: number;
  /** Independent columns. */
  readonly rank: number;
  readonly panels: readonly Panel[];
}

const at = (values: Float64Array, index: number): number => values[index] ?? Number.NaN;

function subtract(from: Float64Array, what: Float64Array): void {
  for (let i = 0; i < from.length; i++) from[i] = at(from, i) - at(what, i);
}

/** Factors a diagonal block in place of its lower triangle; says which columns are dependent. */
function factorBlock(block: Float64Array, width: number, variance: (column: number) => number): Uint8Array {
  const dependent = new Uint8Array(width);
  for (let j = 0; j < width; j++) {
    let pivot = at(block, j * width + j);
    for (let k = 0; k < j; k++) pivot -= at(block, j * width + k) ** 2;
    // Written so that NaN counts as dependent too.
    dependent[j] = pivot > dependentShare * variance(j) && pivot > 0 ? 0 : 1;
    const root = Math.sqrt(pivot);
    for (let i = j; i < width; i++) {
      if (dependent[j] === 1) {
        block[i * width + j] = 0;
        continue;
      }
      let sum = at(block, i * width + j);
      for (let k = 0; k < j; k++) sum -= at(block, i * width + k) * at(block, j * width + k);
      block[i * width + j] = i === j ? root : sum / root;
    }
  }
  return dependent;
}

/** Inverse of a lower block over its independent columns, 0 elsewhere. */
function inverseOf(block: Float64Array, width: number, dependent: Uint8Array): Float64Array {
  const inverse = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    if (dependent[i] === 1) continue;
    inverse[i * width + i] = 1;
    for (let k = 0; k < i; k++) {
      const weight = at(block, i * width + k);
      if (weight === 0) continue;
      for (let j = 0; j <= k; j++)
        inverse[i * width + j] = at(inverse, i * width + j) - weight * at(inverse, k * width + j);
    }
    const scale = 1 / at(block, i * width + i);
    for (let j = 0; j <= i; j++) inverse[i * width + j] = at(inverse, i * width + j) * scale;
  }
  return inverse;
}

/** Factors the rows of a panel that earlier panels have been taken out of: the block, then the rows below it. */
async function factorPanel(
  products: Products,
  { start, width, values }: Omit<Panel, "inverse">,
  variance: (column: number) => number,
): Promise<{ panel: Panel; independent: number }> {
  const block = values.slice(0, width * width);
  const dependent = factorBlock(block, width, (column) => variance(start + column));
  const inverse = inverseOf(block, width, dependent);
  const below = values.subarray(width * width);
  const rows = below.length / width;
  const scaled =
    rows === 0
      ? below
      : await products.multiply({ type: "float64", a: below, b: inverse, m: rows, k: width, n: width, transB: true });
  values.set(block);
  values.set(scaled, width * width);
  return { panel: { start, width, values, inverse }, independent: dependent.filter((one) => one === 0).length };
}

/**
 * Factors a Gram matrix `[n, n]` (symmetric, positive semi-definite), left-looking: a panel is made from all before it.
 * Memory beside the matrix: L once.
 */
export async function panelFactor(products: Products, gram: Float64Array, n: number): Promise<PanelFactor> {
  const panels: Panel[] = [];
  let rank = 0;
  for (let start = 0; start < n; start += panelWidth) {
    const width = Math.min(panelWidth, n - start);
    const rows = n - start;
    const values = new Float64Array(rows * width);
    for (let r = 0; r < rows; r++)
      values.set(gram.subarray((start + r) * n + start, (start + r) * n + start + width), r * width);
    for (const before of panels) {
      const own = before.values.subarray((start - before.start) * before.width);
      const top = own.subarray(0, width * before.width);
      const shape = { type: "float64", m: rows, k: before.width, n: width, transB: true } as const;
      subtract(values, await products.multiply({ ...shape, a: own, b: top }));
    }
    const { panel, independent } = await factorPanel(products, { start, width, values }, (c) => at(gram, c * n + c));
    panels.push(panel);
    rank += independent;
  }
  return { n, rank, panels };
}

/**
 * Of every column of Y the sum of squares that the factored columns explain: Σᵢ zᵢ² with z = L⁻¹·XᵀY, XᵀY `[n, columns]`.
 * `cross` is used up: it holds z afterwards.
 */
export async function explainedSquares(
  products: Products,
  { panels }: PanelFactor,
  { cross, columns }: { readonly cross: Float64Array; readonly columns: number },
): Promise<Float64Array> {
  const explained = new Float64Array(columns);
  for (const [index, { start, width, inverse }] of panels.entries()) {
    const own = cross.subarray(start * columns, (start + width) * columns);
    for (const before of panels.slice(0, index)) {
      const rows = before.values.subarray((start - before.start) * before.width);
      const a = rows.subarray(0, width * before.width);
      const b = cross.subarray(before.start * columns, (before.start + before.width) * columns);
      subtract(own, await products.multiply({ type: "float64", a, b, m: width, k: before.width, n: columns }));
    }
    own.set(await products.multiply({ type: "float64", a: inverse, b: own, m: width, k: width, n: columns }));
    for (let i = 0; i < own.length; i++) explained[i % columns] = at(explained, i % columns) + at(own, i) ** 2;
  }
  return explained;
}
