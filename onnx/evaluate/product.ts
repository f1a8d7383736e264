/**
 * Matrix products in float64, or exact integers that wrap around.
 * @module
 */
import { floatOf, intOf } from "../attributes.ts";
import { elementCount } from "../element.ts";
import { broadcast } from "../shapes/broadcast.ts";
import { type Evaluator, valueAt } from "./evaluator.ts";
import { broadcastIndices } from "./indices.ts";
import { type EvalTensor, integersOf, integerTensor, isFloat, numbersOf, realTensor } from "./value.ts";

interface Size {
  readonly m: number;
  readonly k: number;
  readonly n: number;
}

/** c += a·b for [m, k] × [k, n] at the given offsets; the inner loop runs along rows of b and c. */
function multiplyInto(c: Float64Array, [a, b]: readonly [Float64Array, Float64Array], { m, k, n }: Size): void {
  for (let row = 0; row < m; row++) {
    for (let inner = 0; inner < k; inner++) {
      const factor = a[row * k + inner] ?? 0;
      const from = inner * n;
      const to = row * n;
      for (let column = 0; column < n; column++)
        c[to + column] = (c[to + column] ?? 0) + factor * (b[from + column] ?? 0);
    }
  }
}

function multiplyIntegers([a, b]: readonly [BigInt64Array, BigInt64Array], { m, k, n }: Size): readonly bigint[] {
  return Array.from({ length: m * n }, (_, at) => {
    const row = Math.floor(at / n);
    let total = 0n;
    for (let inner = 0; inner < k; inner++) total += (a[row * k + inner] ?? 0n) * (b[inner * n + (at % n)] ?? 0n);
    return total;
  });
}

/** numpy.matmul: leading dims broadcast, vectors are rows on the left and columns on the right. */
export const matMul: Evaluator = (evaluation) => {
  const [a, b] = [valueAt(evaluation, 0), valueAt(evaluation, 1)];
  const left = a.dims.length === 1 ? [1, ...a.dims] : a.dims;
  const right = b.dims.length === 1 ? [...b.dims, 1] : b.dims;
  const size: Size = { m: left.at(-2) ?? 1, k: left.at(-1) ?? 1, n: right.at(-1) ?? 1 };
  const batchDims = [left.slice(0, -2), right.slice(0, -2)] as const;
  const batch = (broadcast(batchDims) ?? []).map(Number);
  const [lefts, rights] = [broadcastIndices(batchDims[0], batch), broadcastIndices(batchDims[1], batch)];
  const dims = [...batch, ...(a.dims.length === 1 ? [] : [size.m]), ...(b.dims.length === 1 ? [] : [size.n])];
  const starts = Array.from({ length: elementCount(batch) }, (_, at): readonly [number, number] => [
    (lefts[at] ?? 0) * size.m * size.k,
    (rights[at] ?? 0) * size.k * size.n,
  ]);
  return [
    isFloat(a.type) ? realBatches([a, b], { size, starts, dims }) : integerBatches([a, b], { size, starts, dims }),
  ];
};

interface Batches {
  readonly size: Size;
  /** First elements of the two factors of each product. */
  readonly starts: readonly (readonly [number, number])[];
  readonly dims: readonly number[];
}

function realBatches([a, b]: readonly [EvalTensor, EvalTensor], { size, starts, dims }: Batches): EvalTensor {
  const { m, k, n } = size;
  const [x, y] = [numbersOf(a), numbersOf(b)];
  const data = new Float64Array(elementCount(dims));
  for (const [at, [left, right]] of starts.entries()) {
    const factors = [x.subarray(left, left + m * k), y.subarray(right, right + k * n)] as const;
    multiplyInto(data.subarray(at * m * n, (at + 1) * m * n), factors, size);
  }
  return realTensor(a.type, dims, data);
}

function integerBatches([a, b]: readonly [EvalTensor, EvalTensor], { size, starts, dims }: Batches): EvalTensor {
  const { m, k, n } = size;
  const [x, y] = [integersOf(a), integersOf(b)];
  const values = starts.flatMap(([left, right]) =>
    multiplyIntegers([x.subarray(left, left + m * k), y.subarray(right, right + k * n)], size),
  );
  return integerTensor(a.type, dims, values);
}

/** Y = alpha·A'·B' + beta·C. */
export const gemm: Evaluator = (evaluation) => {
  const { node } = evaluation;
  const a = oriented(valueAt(evaluation, 0), intOf(node, "transA") !== 0);
  const b = oriented(valueAt(evaluation, 1), intOf(node, "transB") !== 0);
  const size: Size = { m: a.rows, k: a.columns, n: b.columns };
  const data = new Float64Array(size.m * size.n);
  multiplyInto(data, [a.data, b.data], size);
  const [alpha, beta] = [floatOf(node, "alpha"), floatOf(node, "beta")];
  const c = evaluation.inputs[2];
  const added = c === undefined ? undefined : numbersOf(c);
  const source = c === undefined ? undefined : broadcastIndices(c.dims, [size.m, size.n]);
  for (let at = 0; at < data.length; at++) {
    data[at] = alpha * (data[at] ?? 0) + (added === undefined ? 0 : beta * (added[source?.[at] ?? 0] ?? 0));
  }
  return [realTensor(valueAt(evaluation, 0).type, [size.m, size.n], data)];
};

/** A matrix, copied into transposed order where asked. */
function oriented(
  value: EvalTensor,
  transposed: boolean,
): { readonly rows: number; readonly columns: number; readonly data: Float64Array } {
  const [rows = 1, columns = 1] = value.dims;
  const data = numbersOf(value);
  if (!transposed) return { rows, columns, data };
  const turned = new Float64Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column] ?? 0;
  }
  return { rows: columns, columns: rows, data: turned };
}
