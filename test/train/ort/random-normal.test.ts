import { assert, asyncProperty, integer } from "fast-check";
import { expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { tensorFrom } from "../../../onnx/element.ts";
import { drawKey, elementIndices } from "../../../train/ort/counter-hash.ts";
import { normalIndexCount, randomNormal, randomNormalValues } from "../../../train/ort/random-normal.ts";
import { trainingOpset } from "../../../train/ort/training-graph.ts";
import { modelOf, runOrt } from "../../onnx/ort.ts";

/** The numbers as ONNX Runtime computes them. */
async function numbersOfGraph(key: number, dims: readonly number[]): Promise<Float32Array> {
  const g = new GraphBuilder("noise", { opset: trainingOpset });
  const fed = g.input("key", "uint32", []);
  const count = normalIndexCount(dims.reduce((a, b) => a * b, 1));
  const indices = g.initializer("indices", { type: "uint32", dims: [count], data: elementIndices(count) });
  g.output("noise", randomNormal(g, dims, [indices, fed]));
  const { noise } = await runOrt(
    modelOf(g.build(), trainingOpset),
    new Map([["key", tensorFrom("uint32", [], [key])]]),
  );
  expect(noise?.dims).toEqual(dims);
  return Float32Array.from(noise?.values ?? []);
}

it("has the same bits in ONNX Runtime as in JavaScript, for even and odd counts", async () => {
  const keys = integer({ min: 0, max: 2 ** 32 - 1 });
  const lengths = integer({ min: 1, max: 70 });
  await assert(
    asyncProperty(keys, lengths, lengths, async (key, rows, columns) => {
      expect(await numbersOfGraph(key, [rows, columns])).toEqual(randomNormalValues(key, rows * columns));
    }),
    { seed: 1, numRuns: 20 },
  );
});

/** Φ(x) by the complementary error function's continued series (Abramowitz & Stegun 26.2.17), to 7.5e-8. */
function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail =
    (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return x >= 0 ? 1 - tail : tail;
}

it("is standard normal: moments, and the distance of Kolmogorov and Smirnov", () => {
  const count = 400_001;
  const values = randomNormalValues(drawKey({ seed: 3, step: 8, draw: 1 }), count);
  const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / count;
  // Five standard errors: of the mean 1, of the square √2, of the third power √15, of the fourth √96.
  for (const [power, expected, spread] of [
    [1, 0, 1],
    [2, 1, Math.sqrt(2)],
    [3, 0, Math.sqrt(15)],
    [4, 3, Math.sqrt(96)],
  ] as const)
    expect(Math.abs(moment(power) - expected)).toBeLessThan((5 * spread) / Math.sqrt(count));
  const worst = values.toSorted().reduce((most, value, at) => {
    const share = normalCdf(value);
    return Math.max(most, Math.abs(share - at / count), Math.abs(share - (at + 1) / count));
  }, 0);
  // 1.95/√n is exceeded with probability 0.001.
  expect(worst).toBeLessThan(1.95 / Math.sqrt(count));
});

it("gives pairs of one radius that do not hang together, and other numbers for another key", () => {
  const count = 200_000;
  const values = randomNormalValues(1, count);
  let sum = 0;
  for (let at = 0; at < count / 2; at++) sum += (values[at] ?? 0) * (values[at + count / 2] ?? 0);
  expect(Math.abs(sum / (count / 2))).toBeLessThan(5 / Math.sqrt(count / 2));
  expect(randomNormalValues(2, 10)).not.toEqual(randomNormalValues(1, 10));
});
