import * as core from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-wasm";
import * as fc from "fast-check";
import { beforeAll, expect, it } from "vitest";
import { transposeBeforeProducts } from "../../../train/tfjs/backends/transposing-matmul.ts";
import { distance, normals } from "../ort/nets.ts";

/** Sums of up to 20 products of order 1, in another order. */
const float32Sum = 1e-5;

beforeAll(() => core.setBackend("wasm"));

interface Product {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** The product of seeded matrices; a batch of 0 stands for none. */
function product({ batch, rows, inner, columns, transposeA, transposeB }: Product): Float32Array {
  const dims = (a: number, b: number): number[] => (batch === 0 ? [a, b] : [batch, a, b]);
  return core.tidy(() => {
    const seeded = (shape: number[], seed: number) => core.tensor(normals(core.util.sizeFromShape(shape), seed), shape);
    const a = seeded(transposeA ? dims(inner, rows) : dims(rows, inner), 1);
    const b = seeded(transposeB ? dims(columns, inner) : dims(inner, columns), 2);
    return Float32Array.from(core.matMul(a, b, transposeA, transposeB).dataSync());
  });
}

it("gives the products of tfjs' own kernel, of whatever shape and however transposed, and leaves nothing behind", () => {
  const length = fc.integer({ min: 1, max: 20 });
  const shapes = fc.record({
    batch: fc.integer({ min: 0, max: 3 }),
    rows: length,
    inner: length,
    columns: length,
    transposeA: fc.boolean(),
    transposeB: fc.boolean(),
  });
  fc.assert(
    fc.property(shapes, (given) => {
      const own = product(given);
      const restore = transposeBeforeProducts("wasm");
      try {
        // What kernels make between is the backend's alone to count.
        const before = core.backend().numDataIds();
        expect(distance(product(given), own)).toBeLessThan(float32Sum);
        expect(core.backend().numDataIds()).toBe(before);
      } finally {
        restore();
      }
    }),
  );
});

it("moves the fewer values: the gradient by a layer's input transposes the gradient and the product, not the weights", () => {
  const own = core.getKernel("Transpose", "wasm");
  if (own === undefined) throw new Error("tfjs' wasm backend has no Transpose");
  const moved: number[] = [];
  core.unregisterKernel("Transpose", "wasm");
  core.registerKernel({
    ...own,
    kernelFunc: (args) => {
      moved.push(core.util.sizeFromShape(args.inputs["x"]?.shape ?? []));
      return own.kernelFunc(args);
    },
  });
  const restore = transposeBeforeProducts("wasm");
  try {
    const movedBy = (given: Pick<Product, "rows" | "inner" | "columns" | "transposeA" | "transposeB">): number[] => {
      moved.length = 0;
      product({ ...given, batch: 0 });
      return [...moved];
    };
    // dY [3, 50] · Wᵀ, W [40, 50]: not W's 2,000.
    expect(movedBy({ rows: 3, inner: 50, columns: 40, transposeA: false, transposeB: true })).toEqual([150, 120]);
    // xᵀ · dY, x [3, 40], dY [3, 50]: not the product's 2,000.
    expect(movedBy({ rows: 40, inner: 3, columns: 50, transposeA: true, transposeB: false })).toEqual([120]);
    expect(movedBy({ rows: 3, inner: 50, columns: 40, transposeA: false, transposeB: false })).toEqual([]);
  } finally {
    restore();
    core.unregisterKernel("Transpose", "wasm");
    core.registerKernel(own);
  }
});

it("puts tfjs' own kernel back", () => {
  const own = core.getKernel("BatchMatMul", "wasm");
  const restore = transposeBeforeProducts("wasm");
  expect(core.getKernel("BatchMatMul", "wasm")).not.toBe(own);
  restore();
  expect(core.getKernel("BatchMatMul", "wasm")).toBe(own);
});
