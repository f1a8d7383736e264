import { Matrix, solve } from "ml-matrix";
import { describe, expect, test } from "vitest";
import { Random } from "../../../data/random.ts";
import { Products } from "../../../runtime/algebra/products.ts";
import { openSession } from "../../../runtime/node/open.ts";
import { type ActivationFitOptions, activationFit, adjust } from "../../../train/explain/adjusted-r2.ts";
import { explainedSquares, panelFactor } from "../../../train/explain/panel-cholesky.ts";

const random = (seed: number) => {
  const source = new Random(seed);
  return () => source.normal();
};

/** R² by least squares with an intercept through ml-matrix' SVD, in float64, of one target. */
function r2Of(x: readonly (readonly number[])[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
  const centre = y.map((v) => v - mean(y));
  const means = x[0]?.map((_, c) => mean(x.map((row) => row[c] ?? 0))) ?? [];
  const design = new Matrix(x.map((row) => row.map((v, c) => v - (means[c] ?? 0))));
  const fitted = design.mmul(solve(design, Matrix.columnVector(centre), true)).to1DArray();
  const squares = (values: readonly number[]): number => values.reduce((sum, v) => sum + v * v, 0);
  return 1 - squares(centre.map((v, i) => v - (fitted[i] ?? 0))) / squares(centre);
}

const [rows, landmarks, hidden, targets] = [90, 4, 7, 5];

const allTargets = Int32Array.from({ length: targets }, (_, t) => t);

/** Activations: tanh of random mixtures; the sixth is constant, the last a copy of the first. */
function mixture() {
  const next = random(3);
  const kernel = Float32Array.from({ length: landmarks * hidden }, next);
  const activate = async (x: Float32Array, count: number) => [
    Float32Array.from({ length: count * hidden }, (_, i) => {
      const [r, h] = [Math.floor(i / hidden), i % hidden];
      if (h === 5) return 0.25;
      let sum = 0;
      for (let l = 0; l < landmarks; l++)
        sum += (x[r * landmarks + l] ?? 0) * (kernel[l * hidden + (h === 6 ? 0 : h)] ?? 0);
      return Math.tanh(sum);
    }),
  ];
  const x = Float32Array.from({ length: rows * landmarks }, next);
  // Targets with other means than 0, one linear in the landmarks, the last without variation.
  const y = Float32Array.from({ length: rows * targets }, (_, i) => {
    const [r, t] = [Math.floor(i / targets), i % targets];
    const at = (l: number): number => x[r * landmarks + l] ?? 0;
    if (t === targets - 1) return 3;
    return t === 0 ? 2 + at(0) - at(1) : 5 + Math.tanh(2 * at(t)) + 0.3 * next();
  });
  return { activate, x, y };
}

async function* blocksOf(x: Float32Array, y: Float32Array, size: number) {
  for (let start = 0; start < rows; start += size) {
    const count = Math.min(size, rows - start);
    yield {
      rows: count,
      landmarks: x.slice(start * landmarks, (start + count) * landmarks),
      targets: y.slice(start * targets, (start + count) * targets),
    };
  }
}

function optionsOf(changes: Partial<ActivationFitOptions> = {}): ActivationFitOptions {
  const { activate, x, y } = mixture();
  const sizes = { rows, landmarks, targets, parts: [{ hidden, targets: allTargets }] };
  return { ...sizes, activate, blocks: blocksOf(x, y, 37), open: openSession, onProgress: () => undefined, ...changes };
}

const table = (values: Float32Array, width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, r) => [...values.subarray(r * width, (r + 1) * width)]);

describe("activations against landmarks", () => {
  test("R² of every target matches least squares by SVD; dead and twin units do not count", async () => {
    const { activate, x, y } = mixture();
    const fit = await activationFit(optionsOf());
    const [activations = new Float32Array()] = await activate(x, rows);
    const a = table(activations, hidden).map((row) => row.slice(0, 5));
    expect(fit).toMatchObject({ rows, inputs: { predictors: 4, given: 4 }, parts: [{ predictors: 5, given: 7 }] });
    for (let t = 0; t < targets - 1; t++) {
      const truth = table(y, targets).map((row) => row[t] ?? 0);
      const [byInputs, byActivations] = [r2Of(table(x, landmarks), truth), r2Of(a, truth)];
      expect(fit.inputs.r2[t]).toBeCloseTo(byInputs, 9);
      expect(fit.activations.r2[t]).toBeCloseTo(byActivations, 6);
      // 1 − (1 − R²)(N − 1)/(N − p − 1), p = 4 and 5.
      expect(fit.inputs.adjusted[t]).toBeCloseTo(1 - ((1 - byInputs) * 89) / 85, 9);
      expect(fit.activations.adjusted[t]).toBeCloseTo(1 - ((1 - byActivations) * 89) / 84, 6);
    }
    expect(fit.inputs.r2[0]).toBeCloseTo(1, 9);
    expect([fit.inputs.r2.at(-1), fit.activations.adjusted.at(-1)]).toEqual([Number.NaN, Number.NaN]);
    const wins = [0, 1, 2, 3].filter((t) => (fit.activations.adjusted[t] ?? 0) > (fit.inputs.adjusted[t] ?? 0));
    expect(fit.activationsWin).toBe(wins.length / 4);
  });

  test("in a net of parts each target is fitted to its own part's activations, as that part alone would", async () => {
    const { activate } = mixture();
    const of = [Int32Array.of(4, 2, 0), Int32Array.of(3, 1)];
    // The first part has 3 of the mixture's units, the second all of them.
    const some = async (x: Float32Array, count: number) => {
      const [all = new Float32Array()] = await activate(x, count);
      return Float32Array.from(table(all, hidden).flatMap((row) => row.slice(0, 3)));
    };
    const both = await activationFit(
      optionsOf({
        parts: of.map((own, at) => ({ hidden: at === 0 ? 3 : hidden, targets: own })),
        activate: async (x, count) => [await some(x, count), ...(await activate(x, count))],
      }),
    );
    const alone = [
      await activationFit(
        optionsOf({
          parts: [{ hidden: 3, targets: allTargets }],
          activate: async (x, count) => [await some(x, count)],
        }),
      ),
      await activationFit(optionsOf()),
    ];
    const adjusted = (at: number, t: number): number => alone[at]?.activations.adjusted[t] ?? Number.NaN;
    // Target 4 does not vary.
    for (const [t, part] of [0, 1, 0, 1].entries()) {
      expect(both.activations.adjusted[t]).toBeCloseTo(adjusted(part, t), 12);
      expect(both.activations.r2[t]).toBeCloseTo(alone[part]?.activations.r2[t] ?? Number.NaN, 12);
      expect(Math.abs(adjusted(0, t) - adjusted(1, t))).toBeGreaterThan(1e-3);
    }
    expect(both.activations.adjusted[4]).toBeNaN();
    expect(both.inputs).toEqual(alone[1]?.inputs);
    expect(both.parts.map(({ predictors, given }) => [predictors, given])).toEqual([
      [3, 3],
      [5, 7],
    ]);
    const wins = (targetsOf: readonly number[]): number =>
      targetsOf.filter((t) => (both.activations.adjusted[t] ?? 0) > (both.inputs.adjusted[t] ?? 0)).length;
    expect(both.parts.map(({ activationsWin }) => activationsWin)).toEqual([wins([0, 2]) / 2, wins([1, 3]) / 2]);
    expect(both.activationsWin).toBe(wins([0, 1, 2, 3]) / 4);
  });

  test("does not depend on how the rows are cut into blocks", async () => {
    const { x, y } = mixture();
    const whole = await activationFit(optionsOf({ blocks: blocksOf(x, y, rows) }));
    const cut = await activationFit(optionsOf({ blocks: blocksOf(x, y, 1) }));
    expect([...cut.activations.r2]).toEqual([...whole.activations.r2]);
  });

  test("refuses N ≤ p + 1 with both numbers, before a row is read", async () => {
    async function* unread() {
      yield* [];
      throw new Error("rows were read");
    }
    const refused = activationFit(optionsOf({ rows: 8, blocks: unread() }));
    await expect(refused).rejects.toMatchObject({ tag: "bad-data", fault: { expected: "more than 8", got: "8" } });
    await expect(
      activationFit(optionsOf({ rows: 9_001, parts: [{ hidden: 9_000, targets: allTargets }] })),
    ).rejects.toThrow(/9000 activations/);
    const parts = [
      { hidden: 2, targets: allTargets.slice(0, 3) },
      { hidden: 100, targets: allTargets.slice(3) },
    ];
    await expect(activationFit(optionsOf({ parts, blocks: unread() }))).rejects.toThrow(/100 activations of part 2/);
  });

  test("stops when asked to", async () => {
    const signal = AbortSignal.abort();
    await expect(activationFit(optionsOf({ signal }))).rejects.toMatchObject({ tag: "cancelled" });
  });
});

test("adjusted R² punishes predictors: 0.5 with 10 of 21 rows is 0", () => {
  expect(adjust(0.5, { rows: 21, predictors: 10 })).toBe(0);
  expect(adjust(1, { rows: 21, predictors: 10 })).toBe(1);
});

test("a factorisation over several panels explains what XᵀX and XᵀY say, dependent columns in any panel left out", async () => {
  const [n, p, q] = [700, 530, 3];
  const next = random(9);
  const x = Float64Array.from({ length: n * p }, next);
  // In the second panel a sum of two columns of the first, in the third a copy of one of the second, and zeros.
  for (let r = 0; r < n; r++) {
    x[r * p + 300] = (x[r * p + 4] ?? 0) + (x[r * p + 250] ?? 0);
    x[r * p + 520] = x[r * p + 301] ?? 0;
    x[r * p + 100] = 0;
  }
  const y = Float64Array.from({ length: n * q }, next);
  await using products = new Products(openSession);
  const shape = { type: "float64", k: n, transA: true } as const;
  const gram = await products.multiply({ ...shape, a: x, b: x, m: p, n: p });
  const cross = await products.multiply({ ...shape, a: x, b: y, m: p, n: q });
  const factor = await panelFactor(products, gram, p);
  expect(factor.rank).toBe(p - 3);
  const keep = Array.from({ length: p }, (_, c) => c).filter((c) => ![300, 520, 100].includes(c));
  const design = new Matrix(table64(x, p).map((row) => keep.map((c) => row[c] ?? 0)));
  const rhs = new Matrix(table64(y, q));
  // Σ ŷ² of the least-squares fit, through ml-matrix' QR.
  const fitted = design.mmul(solve(design, rhs));
  const expected = Array.from({ length: q }, (_, c) => fitted.getColumn(c).reduce((sum, v) => sum + v * v, 0));
  const explained = await explainedSquares(products, factor, { cross, columns: q });
  for (const [c, value] of explained.entries()) expect(value / (expected[c] ?? 0)).toBeCloseTo(1, 9);
});

function table64(values: Float64Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, r) => [...values.subarray(r * width, (r + 1) * width)]);
}
