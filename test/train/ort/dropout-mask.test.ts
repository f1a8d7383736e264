import { assert, asyncProperty, constantFrom, integer } from "fast-check";
import { expect, it } from "vitest";
import { GraphBuilder } from "../../../onnx/builder.ts";
import { tensorFrom } from "../../../onnx/element.ts";
import { dropoutMask, dropoutMaskValues, elementIndices, maskKey } from "../../../train/ort/dropout-mask.ts";
import { trainingOpset } from "../../../train/ort/training-graph.ts";
import { modelOf, runOrt } from "../../onnx/ort.ts";

/** The mask as ONNX Runtime computes it. */
async function maskOfGraph(key: number, rate: number, count: number): Promise<Float32Array> {
  const g = new GraphBuilder("mask", { opset: trainingOpset });
  const fed = g.input("key", "uint32", []);
  const indices = g.initializer("indices", { type: "uint32", dims: [count], data: elementIndices(count) });
  g.output("mask", dropoutMask(g, { indices, key: fed, rate }));
  const { mask } = await runOrt(modelOf(g.build(), trainingOpset), new Map([["key", tensorFrom("uint32", [], [key])]]));
  return Float32Array.from(mask?.values ?? []);
}

it("has the same bits in ONNX Runtime as in JavaScript", async () => {
  const keys = integer({ min: 0, max: 2 ** 32 - 1 });
  const rates = constantFrom(0.05, 0.1, 0.25, 0.5, 0.9);
  await assert(
    asyncProperty(keys, rates, async (key, rate) => {
      expect(await maskOfGraph(key, rate, 1001)).toEqual(dropoutMaskValues({ key, rate, count: 1001 }));
    }),
    { seed: 1, numRuns: 20 },
  );
});

it.each([0.1, 0.25, 0.5])("drops a share of %d and keeps the mean", (rate) => {
  const mask = dropoutMaskValues({ key: maskKey({ seed: 3, step: 8, draw: 0 }), rate, count: 400_000 });
  const dropped = mask.filter((value) => value === 0).length / mask.length;
  // Five standard deviations of a binomial share.
  expect(Math.abs(dropped - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / mask.length));
  expect(new Set(mask)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
});

it("draws anew for every seed, step and layer, and the same for the same three", () => {
  const places = [0, 1].flatMap((seed) => [0, 1, 2].flatMap((step) => [0, 1].map((draw) => ({ seed, step, draw }))));
  const masks = places.map((place) => dropoutMaskValues({ key: maskKey(place), rate: 0.5, count: 64 }).join());
  expect(new Set(masks).size).toBe(places.length);
  expect(places.map((place) => dropoutMaskValues({ key: maskKey(place), rate: 0.5, count: 64 }).join())).toEqual(masks);
});
