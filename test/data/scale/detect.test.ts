import { describe, expect, it } from "vitest";
import { Random } from "../../../data/random.ts";
import { detectScale } from "../../../data/scale/detect.ts";

const genes = 300;
/** Rows of log2 expression: levels of genes from 2 to 14, noise of sd 1. */
const log2Rows = (rows: number): Float32Array => {
  const random = new Random(5);
  const level = Array.from({ length: genes }, () => 2 + 12 * random.uniform());
  return Float32Array.from({ length: rows * genes }, (_, i) => Math.max(0, (level[i % genes] ?? 0) + random.normal()));
};
const normalRows = (rows: number, sd: (gene: number) => number): Float32Array => {
  const random = new Random(6);
  return Float32Array.from({ length: rows * genes }, (_, i) => random.normal() * sd(i % genes));
};
const detect = (values: Float32Array) => detectScale({ values, rows: values.length / genes, genes });

describe.each([1, 40])("of %i profiles", (rows) => {
  it("log2 expression is told", () => {
    expect(detect(log2Rows(rows))).toMatchObject({ scale: "log2", confidence: "high" });
  });
  it("linear values are told, background-subtracted ones below zero too", () => {
    const linear = log2Rows(rows).map((x) => 2 ** x + 0.1);
    expect(detect(linear).scale).toBe("linear");
    expect(detect(linear.map((x) => x - 10)).scale).toBe("linear");
  });
  it("counts are told by being integers", () => {
    expect(detect(log2Rows(rows).map((x) => Math.round(2 ** x - 1)))).toMatchObject({
      scale: "counts",
      confidence: "high",
    });
  });
  it("z-scores are told by their spread", () => {
    expect(detect(normalRows(rows, () => 1)).scale).toBe("zscore");
  });
  it("z-scores clipped at ±10 are told by that", () => {
    const values = normalRows(rows, () => 0.5);
    values[0] = 10;
    expect(detect(values)).toMatchObject({ scale: "zscore", confidence: "high" });
  });
  it("log2 fold changes are told", () => {
    expect(detect(normalRows(rows, (gene) => 0.2 + (0.8 * gene) / genes)).scale).toBe("log2fc");
  });
  it("L1000 intensities are level 2, the same as log2 up to 15 level 3", () => {
    const gex = log2Rows(rows).map((x) => Math.round(2 ** (7 + x / 3)));
    expect(detect(gex)).toMatchObject({ scale: "linear", level: 2 });
    const qnorm = log2Rows(rows).map((x) => Math.min(15, 2 + x));
    qnorm[0] = 15;
    expect(detect(qnorm)).toMatchObject({ scale: "log2", level: 3 });
  });
  it("missing values count for nothing", () => {
    const values = log2Rows(rows);
    const holed = values.map((x, i) => (i % 3 === 0 ? Number.NaN : x));
    expect(detect(holed).scale).toBe("log2");
  });
});

describe("of many profiles", () => {
  it("fold changes as wide as z-scores are told by the uneven spread of genes", () => {
    const guess = detect(normalRows(40, (gene) => 0.3 + (2 * gene) / genes));
    expect(guess).toMatchObject({ scale: "log2fc", confidence: "low" });
    expect(guess.evidence.join()).toContain("uneven");
  });
  it("log2 of small values with an offset of 0.001 is no fold change", () => {
    const values = log2Rows(40).map((x, i) => (i % 2 === 0 ? Math.log2(0.001) : x / 2 - 2));
    expect(detect(values).scale).toBe("log2");
  });
});

it("an outlier of 40 does not turn logarithms into intensities", () => {
  const values = log2Rows(40);
  values[7] = 40;
  expect(detect(values).scale).toBe("log2");
});

it("without a single value there is nothing to tell", () => {
  expect(() => detect(new Float32Array(genes).fill(Number.NaN))).toThrow(/not a single value/);
});
