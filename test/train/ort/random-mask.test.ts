import { assert, asyncProperty, constantFrom, integer } from "fast-check";
import { expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { tensorFrom } from "../../../onnx/element.ts";
import { drawKey, elementIndices } from "../../../train/ort/counter-hash.ts";
import { dropoutDraw, randomMask, randomMaskValues } from "../../../train/ort/random-mask.ts";
import { trainingOpset } from "../../../train/ort/training-graph.ts";
import { modelOf, runOrt } from "../../onnx/ort.ts";

/** The mask as ONNX Runtime computes it. */
async function maskOfGraph(key: number, rate: number, count: number): Promise<Float32Array> {
  const g = new GraphBuilder("mask", { opset: trainingOpset });
  const fed = g.input("key", "uint32", []);
  const indices = g.initializer("indices", { type: "uint32", dims: [count], data: elementIndices(count) });
  g.output("mask", randomMask(g, dropoutDraw(rate), [indices, fed]));
  const { mask } = await runOrt(modelOf(g.build(), trainingOpset), new Map([["key", tensorFrom("uint32", [], [key])]]));
  return Float32Array.from(mask?.values ?? []);
}

it("has the same bits in ONNX Runtime as in JavaScript", async () => {
  const keys = integer({ min: 0, max: 2 ** 32 - 1 });
  const rates = constantFrom(0.05, 0.1, 0.25, 0.5, 0.9);
  await assert(
    asyncProperty(keys, rates, async (key, rate) => {
      expect(await maskOfGraph(key, rate, 1001)).toEqual(randomMaskValues(dropoutDraw(rate), key, 1001));
    }),
    { seed: 1, numRuns: 20 },
  );
});

it.each([0.1, 0.25, 0.5])("drops a share of %d and keeps the mean", (rate) => {
  const mask = randomMaskValues(dropoutDraw(rate), drawKey({ seed: 3, step: 8, draw: 0 }), 400_000);
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  // Five standard deviations of a binomial share.
  expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / mask.length));
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
});

it("draws anew for every seed, step and layer, and the same for the same three", () => {
  const places = [0, 1].flatMap((seed) => [0, 1, 2].flatMap((step) => [0, 1].map((draw) => ({ seed, step, draw }))));
  const maskAt = (place: (typeof places)[number]) => randomMaskValues(dropoutDraw(0.5), drawKey(place), 64).join();
  const masks = places.map(maskAt);
  expect(new Set(masks).size).toBe(places.length);
  expect(places.map(maskAt)).toEqual(masks);
});
