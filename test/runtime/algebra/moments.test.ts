import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { covarianceOf, MomentAccumulator, type MomentOptions, type Moments } from "../../../runtime/algebra/moments.ts";
import { countedOpen } from "./opened.ts";
import { distance, uniform } from "./random.ts";

/** float32 rows of correlated columns around `mean` with spread `sd`. */
function rowsAround(
  seed: number,
  [rows, columns]: readonly [number, number],
  [mean, sd]: readonly [number, number],
): Float32Array {
  const next = uniform(seed);
  const values = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    const common = next();
    for (let c = 0; c < columns; c++) values[r * columns + c] = mean + sd * (common + next());
  }
  return values;
}

/** Means, and moments about them, by two passes of plain float64 loops: the oracle. */
function twoPasses(
  x: Float32Array,
  y: Float32Array,
  rows: number,
): Pick<Moments, "meanX" | "meanY" | "gram" | "cross" | "sumSquaresY"> {
  const [p, q] = [x.length / rows, y.length / rows];
  const mean = (values: Float32Array, n: number): Float64Array =>
    Float64Array.from({ length: n }, (_, c) => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += Number(values[r * n + c]);
      return sum / rows;
    });
  const [meanX, meanY] = [mean(x, p), mean(y, q)];
  const at = (values: Float32Array, means: Float64Array, [r, c]: readonly [number, number]): number =>
    Number(values[r * means.length + c]) - Number(means[c]);
  const sumOver = (term: (r: number) => number): number => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += term(r);
    return sum;
  };
  return {
    meanX,
    meanY,
    gram: Float64Array.from({ length: p * p }, (_, i) =>
      sumOver((r) => at(x, meanX, [r, Math.floor(i / p)]) * at(x, meanX, [r, i % p])),
    ),
    cross: Float64Array.from({ length: p * q }, (_, i) =>
      sumOver((r) => at(x, meanX, [r, Math.floor(i / q)]) * at(y, meanY, [r, i % q])),
    ),
    sumSquaresY: Float64Array.from({ length: q }, (_, c) => sumOver((r) => at(y, meanY, [r, c]) ** 2)),
  };
}

interface Data {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly rows: number;
}

/** Moments of data added in portions that end at the given rows. */
async function accumulated(
  { x, y, rows }: Data,
  ends: readonly number[],
  options: Partial<MomentOptions> = {},
): Promise<Moments> {
  const [p, q] = [x.length / rows, y.length / rows];
  const { open, live } = countedOpen();
  const moments = await (async () => {
    await using accumulator = await MomentAccumulator.open({ open, p, q, blockRows: 64, ...options });
    let start = 0;
    for (const end of [...ends, rows]) {
      const part = { x: x.subarray(start * p, end * p), y: y.subarray(start * q, end * q) };
      await accumulator.add({ ...part, rows: end - start });
      start = end;
    }
    return accumulator.finish();
  })();
  expect(live()).toBe(0);
  return moments;
}

const data = (mean: number, sd: number): Data => ({
  x: rowsAround(1, [300, 11], [mean, sd]),
  y: rowsAround(2, [300, 17], [mean, sd]),
  rows: 300,
});

describe("MomentAccumulator", () => {
  it.each([
    [0, 1],
    [8, 0.1],
    [5000, 1],
  ])("matches two passes of float64 loops around mean %d with sd %d", async (mean, sd) => {
    const around = data(mean, sd);
    const expected = twoPasses(around.x, around.y, around.rows);
    const moments = await accumulated(around, [100, 101, 250]);
    expect(moments.count).toBe(300);
    for (const key of ["meanX", "meanY", "gram", "cross", "sumSquaresY"] as const)
      expect([key, distance(moments[key], expected[key]) < 1e-12]).toEqual([key, true]);
    expect(
      distance(
        moments.sumSquaresX,
        moments.gram.filter((_, i) => i % 12 === 0),
      ),
    ).toBeLessThan(1e-12);
  });

  it("stays exact when the first block is no guide to the rest", async () => {
    const { x, y, rows } = data(8, 0.1);
    const shifted = { x: x.map((value, i) => (i < 64 * 11 ? value - 3 : value)), y, rows };
    const expected = twoPasses(shifted.x, y, rows);
    const moments = await accumulated(shifted, []);
    expect(distance(moments.gram, expected.gram)).toBeLessThan(1e-12);
    expect(distance(moments.cross, expected.cross)).toBeLessThan(1e-11);
  });

  it("does not depend on the portions in which rows arrive, to the last bit", async () => {
    const around = data(8, 0.1);
    const whole = await accumulated(around, []);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 6 }), async (cuts) => {
        expect(
          await accumulated(
            around,
            cuts.toSorted((a, b) => a - b),
          ),
        ).toEqual(whole);
      }),
      { numRuns: 12, seed: 7 },
    );
  });

  it("gives an exactly symmetric Gram, and a covariance with the diagonal of sample variances", async () => {
    const { x, y, rows } = data(8, 0.1);
    // Taking out a large mean is where rounding would make the two halves differ.
    const moments = await accumulated({ x: x.map((value, i) => (i < 64 * 11 ? 0 : value)), y, rows }, []);
    const p = 11;
    for (let i = 0; i < p; i++)
      for (let j = 0; j < i; j++) expect(moments.gram[i * p + j]).toBe(moments.gram[j * p + i]);
    expect(covarianceOf(moments)[0]).toBeCloseTo(Number(moments.sumSquaresX[0]) / 299, 12);
  });

  it("does X alone", async () => {
    const { x, rows } = data(8, 0.1);
    const moments = await accumulated({ x, y: new Float32Array(0), rows }, [10]);
    expect(distance(moments.gram, twoPasses(x, new Float32Array(0), rows).gram)).toBeLessThan(1e-12);
    expect([moments.cross.length, moments.meanY.length]).toEqual([0, 0]);
  });

  it("does a single row: its means, and no spread", async () => {
    const moments = await accumulated({ x: Float32Array.of(1, 2), y: Float32Array.of(3), rows: 1 }, []);
    expect([...moments.meanX, ...moments.meanY]).toEqual([1, 2, 3]);
    expect([...moments.gram, ...moments.cross]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("holds no more rows than a block, however many pass", async () => {
    const { open } = countedOpen();
    const rowsRun: number[] = [];
    const watched: typeof open = async (model, options) => {
      const session = await open(model, options);
      return {
        ...session,
        run: (feeds, runOptions) => {
          rowsRun.push(Number(feeds["x"]?.dims[0]));
          return session.run(feeds, runOptions);
        },
      };
    };
    await using accumulator = await MomentAccumulator.open({ open: watched, p: 3, blockRows: 8 });
    for (let i = 0; i < 7; i++) await accumulator.add({ x: new Float32Array(15).fill(i), rows: 5 });
    expect((await accumulator.finish()).count).toBe(35);
    expect(rowsRun).toEqual([8, 8, 8, 8, 3]);
  });

  it("refuses missing values, by row and column of all rows", async () => {
    await using accumulator = await MomentAccumulator.open({ open: countedOpen().open, p: 2, blockRows: 4 });
    await accumulator.add({ x: new Float32Array(8), rows: 4 });
    const x = new Float32Array(8);
    x[5] = Number.NaN;
    await expect(accumulator.add({ x, rows: 4 })).rejects.toMatchObject({
      tag: "bad-data",
      fault: { where: "row 6, column 1", got: "NaN" },
    });
  });

  it("names an infinite value in the first block too", async () => {
    await using accumulator = await MomentAccumulator.open({ open: countedOpen().open, p: 2, blockRows: 4 });
    await expect(accumulator.add({ x: Float32Array.of(1, 2, 3, 4, 5, 6, Infinity, 8), rows: 4 })).rejects.toMatchObject(
      {
        tag: "bad-data",
        fault: { where: "row 3, column 0" },
      },
    );
  });

  it("refuses no rows, blocks of the wrong length, rows after the end, and impossible sizes", async () => {
    const { open, live } = countedOpen();
    await expect(MomentAccumulator.open({ open, p: 0 })).rejects.toMatchObject({ tag: "usage" });
    expect(live()).toBe(0);
    await using accumulator = await MomentAccumulator.open({ open, p: 2, q: 1 });
    await expect(accumulator.add({ x: new Float32Array(4), rows: 2 })).rejects.toMatchObject({ tag: "usage" });
    await expect(accumulator.finish()).rejects.toMatchObject({ tag: "bad-data" });
    await expect(accumulator.finish()).rejects.toMatchObject({ tag: "internal" });
  });
});
