import { describe, expect, it } from "vitest";
import { Products } from "../../../runtime/algebra/products.ts";
import { countedOpen } from "./opened.ts";
import { distance, product, uniformArray } from "./random.ts";

describe("Products", () => {
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])("matches plain float64 loops (transposed: a %s, b %s)", async (transA, transB) => {
    await using products = new Products(countedOpen().open);
    const [m, k, n] = [5, 37, 8];
    const a = uniformArray(1, m * k);
    const b = uniformArray(2, k * n);
    const expected = product([a, m, k, transA], [b, n, transB]);
    const shape = { m, k, n, transA, transB };
    const wide = await products.multiply({ ...shape, type: "float64", a, b });
    expect(wide).toBeInstanceOf(Float64Array);
    expect(distance(wide, expected)).toBeLessThan(1e-15);
    const single = await products.multiply({
      ...shape,
      type: "float32",
      a: Float32Array.from(a),
      b: Float32Array.from(b),
    });
    expect(single).toBeInstanceOf(Float32Array);
    expect(distance(single, expected)).toBeLessThan(1e-6);
  });

  it("gives nothing for no rows and zeros for no terms", async () => {
    await using products = new Products(countedOpen().open);
    const none = new Float64Array(0);
    const b = new Float64Array(6);
    expect(await products.multiply({ type: "float64", a: none, b, m: 0, k: 3, n: 2 })).toEqual(none);
    expect(await products.multiply({ type: "float64", a: none, b: none, m: 2, k: 0, n: 2 })).toEqual(
      new Float64Array(4),
    );
  });

  it("opens one session for each type and transposition, also when asked at once, and closes them", async () => {
    const { open, live } = countedOpen();
    const products = new Products(open);
    const a = uniformArray(3, 4);
    const shape = { a, b: a, m: 2, k: 2, n: 2, type: "float64" } as const;
    await Promise.all([shape, shape, { ...shape, transA: true }, shape].map((one) => products.multiply(one)));
    expect(live()).toBe(2);
    await products[Symbol.asyncDispose]();
    expect(live()).toBe(0);
  });

  it("refuses a factor whose length is not its shape's", async () => {
    await using products = new Products(countedOpen().open);
    const a = new Float64Array(4);
    await expect(products.multiply({ type: "float64", a, b: a, m: 2, k: 3, n: 2 })).rejects.toMatchObject({
      tag: "usage",
      fault: { expected: "2 × 3 = 6 values", got: "4" },
    });
  });
});
