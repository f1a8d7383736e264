import {
  getKernel,
  type KernelConfig,
  type KernelFunc,
  registerKernel,
  type TensorInfo,
  unregisterKernel,
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

/**
 * Has a backend transpose matrices before it multiplies them. The WebAssembly backend multiplies transposed matrices, as
 * every gradient of a product does, in plain loops (0.6 to 2.3 GFLOP/s), plain ones by XNNPACK (30): bench/tfjs-wasm-override.mjs.
 * @returns Puts the backend's own kernel back.
 */
export function transposeBeforeProducts(backend: string): () => void {
  const own = kernelOf(product, backend);
  const { kernelFunc: transpose } = kernelOf("Transpose", backend);
  const kernelFunc: KernelFunc = ({ inputs, attrs = {}, backend: storage }) => {
    const temporary: TensorInfo[] = [];
    const operand = (name: "a" | "b", isTransposed: unknown): TensorInfo | undefined => {
      const x = inputs[name];
      if (x === undefined || !isTransposed) return x;
      const result = only(transpose({ inputs: { x }, attrs: { perm: swapped(x.shape.length) }, backend: storage }));
      temporary.push(result);
      return result;
    };
    const { transposeA, transposeB } = attrs;
    const [a, b] = [operand("a", transposeA), operand("b", transposeB)];
    const result = own.kernelFunc({
      inputs: { ...inputs, ...(a && { a }), ...(b && { b }) },
      attrs: { ...attrs, transposeA: false, transposeB: false },
      backend: storage,
    });
    for (const { dataId } of temporary) (storage as { disposeData: (id: object) => void }).disposeData(dataId);
    return result;
  };
  unregisterKernel(product, backend);
  registerKernel({ ...own, kernelFunc });
  return () => {
    unregisterKernel(product, backend);
    registerKernel(own);
  };
}
