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
  readonly [length: string]: number | boolean;
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

it("puts tfjs' own kernel back", () => {
  const own = core.getKernel("BatchMatMul", "wasm");
  const restore = transposeBeforeProducts("wasm");
  expect(core.getKernel("BatchMatMul", "wasm")).not.toBe(own);
  restore();
  expect(core.getKernel("BatchMatMul", "wasm")).toBe(own);
});
