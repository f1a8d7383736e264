import * as fc from "fast-check";
import { expect, it } from "vitest";
import { keptSamples, loggedValues } from "../../../data/dataset/source-views.ts";
import type { ExpressionSource } from "../../../data/source.ts";
import { memorySource } from "../../../infer/memory-source.ts";

const genes = 3;

/** Samples whose values are their own number and gene. */
function source(samples: number): ExpressionSource {
  const values = Float32Array.from({ length: samples * genes }, (_, cell) => cell);
  const ids = Array.from({ length: samples }, (_, i) => `s${i}`);
  return memorySource({
    genes: { ids: ["A", "B", "C"], fields: new Map() },
    samples: { ids, fields: new Map([["n", Float64Array.from(ids.keys())]]) },
    values,
    label: "m",
  });
}

it("kept samples are those samples, in order, each once, in any range and blocks (oracle: filter)", async () => {
  const cases = fc.integer({ min: 1, max: 30 }).chain((samples) =>
    fc.record({
      samples: fc.constant(samples),
      kept: fc.subarray(
        Array.from({ length: samples }, (_, i) => i),
        { minLength: 1 },
      ),
      cut: fc.tuple(fc.nat(), fc.nat()),
      blockRows: fc.integer({ min: 1, max: 40 }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ({ samples, kept, cut, blockRows }) => {
      const view = keptSamples(source(samples), Int32Array.from(kept));
      expect(view.samples.ids).toEqual(kept.map((row) => `s${row}`));
      expect(view.samples.fields.get("n")).toEqual(Float64Array.from(kept));
      const [start = 0, end = 0] = cut.map((at) => at % (kept.length + 1)).toSorted((a, b) => a - b);
      const read: number[] = [];
      for await (const block of view.blocks({ start, end, blockRows })) {
        expect(block.start).toBe(start + read.length / genes);
        expect(block.values).toHaveLength(block.rows * genes);
        read.push(...block.values);
      }
      expect(read).toEqual(kept.slice(start, end).flatMap((row) => [0, 1, 2].map((gene) => row * genes + gene)));
    }),
  );
});

it("logged values are log2 of the source's", async () => {
  for await (const { values } of loggedValues(source(2), 1).blocks())
    expect([...values]).toEqual([0, 1, 2, 3, 4, 5].map((x) => Math.fround(Math.log2(x + 1))));
});
