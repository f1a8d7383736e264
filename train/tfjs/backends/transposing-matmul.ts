import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
  util,
} from "@tensorflow/tfjs-core";

const product = "BatchMatMul";

/** The kernel of an operation. */
function kernelOf(name: string, backend: string): KernelConfig {
  const kernel = getKernel(name, backend);
  if (kernel === undefined) throw new Error(`tfjs' ${backend} backend has no ${name}`);
  return kernel;
}

/** The one tensor that a kernel returns. */
function only(result: TensorInfo | TensorInfo[]): TensorInfo {
  const [one] = [result].flat();
  if (one === undefined) throw new Error("a kernel returned nothing");
  return one;
}

/** Swaps the last two of `rank` axes. */
const swapped = (rank: number): number[] => [...Array(rank).keys()].toSpliced(rank - 2, 2, rank - 1, rank - 2);

/** Operands of a product as the kernel gets them, and which of them it is to transpose. */
interface Product {
  readonly a: TensorInfo;
  readonly b: TensorInfo;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const sizeOf = ({ shape }: TensorInfo): number => util.sizeFromShape(shape);

/**
 * Whether (Bᵀ·Aᵀ)ᵀ moves fewer values than A·B, of operands that are both transposed beforehand where that is needed.
 * The gradient by a layer's input, dY·Wᵀ, is one: W·dYᵀ leaves the weights where they are.
 */
function isBetterReversed({ a, b, transposeA, transposeB }: Product): boolean {
  const [ofA, ofB] = [sizeOf(a), sizeOf(b)];
  const inner = a.shape.at(transposeA ? -2 : -1) ?? 1;
  const columns = b.shape.at(transposeB ? -2 : -1) ?? 1;
  const result = (ofA / inner) * columns;
  const direct = (transposeA ? ofA : 0) + (transposeB ? ofB : 0);
  return (transposeA ? 0 : ofA) + (transposeB ? 0 : ofB) + result < direct;
}

/** What a product is made of; either kernel makes a new tensor. */
interface Steps {
  readonly multiply: (left: TensorInfo, right: TensorInfo) => TensorInfo;
  readonly transpose: (x: TensorInfo) => TensorInfo;
  readonly free: (x: TensorInfo) => void;
}

function multiplied({ multiply, transpose, free }: Steps, given: Product): TensorInfo {
  const { a, b, transposeA, transposeB } = given;
  const operand = (x: TensorInfo, isTransposed: boolean): TensorInfo => (isTransposed ? transpose(x) : x);
  const isReversed = isBetterReversed(given);
  const [left, right] = isReversed
    ? [operand(b, !transposeB), operand(a, !transposeA)]
    : [operand(a, transposeA), operand(b, transposeB)];
  const result = multiply(left, right);
  for (const made of [left, right]) if (made !== a && made !== b) free(made);
  if (!isReversed) return result;
  const turned = transpose(result);
  free(result);
  return turned;
}

/**
 * Has a backend transpose matrices before it multiplies them, or the product after, whichever moves fewer values. The
 * WebAssembly backend multiplies transposed matrices, as every gradient of a product does, in plain loops (0.6 to 2.3
 * GFLOP/s), plain ones by XNNPACK (30): bench/tfjs-wasm-override.mjs.
 * @returns Puts the backend's own kernel back.
 */
export function transposeBeforeProducts(backend: string): () => void {
  const own = kernelOf(product, backend);
  const { kernelFunc: transpose } = kernelOf("Transpose", backend);
  const kernelFunc: KernelFunc = ({ inputs, attrs = {}, backend: storage }) => {
    const { a, b } = inputs;
    if (a === undefined || b === undefined) throw new Error("a product has two operands");
    const plain = { ...attrs, transposeA: false, transposeB: false };
    const steps: Steps = {
      multiply: (left, right) =>
        only(own.kernelFunc({ inputs: { ...inputs, a: left, b: right }, attrs: plain, backend: storage })),
      transpose: (x) => only(transpose({ inputs: { x }, attrs: { perm: swapped(x.shape.length) }, backend: storage })),
      free: ({ dataId }) => (storage as { disposeData: (id: object) => void }).disposeData(dataId),
    };
    const { transposeA, transposeB } = attrs;
    return multiplied(steps, { a, b, transposeA: transposeA === true, transposeB: transposeB === true });
  };
  unregisterKernel(product, backend);
  registerKernel({ ...own, kernelFunc });
  return () => {
    unregisterKernel(product, backend);
    registerKernel(own);
  };
}
