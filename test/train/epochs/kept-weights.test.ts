import { array, assert, integer, property, tuple } from "fast-check";
import { expect, it } from "vitest";
import { KeptWeights } from "../../../train/epochs/kept-weights.ts";

const weightsOf = (epoch: number) => new Map([["w", Float32Array.of(epoch, -epoch)]]);
const names = ["validation", "validation:a", "validation:b"];

it("has the weights of the first best epoch of each set, and of no others", () => {
  const mae = integer({ min: 0, max: 5 });
  assert(
    property(array(tuple(mae, mae, mae), { minLength: 1, maxLength: 12 }), (epochs) => {
      const kept = new KeptWeights({ selections: [], weights: new Map() });
      for (const [at, maes] of epochs.entries())
        kept.offer(
          at + 1,
          maes.map((value, set) => [names[set] ?? "", value]),
          weightsOf(at + 1),
        );
      const expected = names.map((name, set) => {
        const maes = epochs.map((row) => row[set] ?? 0);
        const validationMae = Math.min(...maes);
        return { name, epoch: maes.indexOf(validationMae) + 1, validationMae };
      });
      expect(kept.selections).toEqual(expected);
      expect(new Map(kept.weights)).toEqual(new Map(expected.map(({ epoch }) => [epoch, weightsOf(epoch)])));
    }),
    { seed: 1 },
  );
});

it("keeps copies: steps that go on do not change them", () => {
  const kept = new KeptWeights({ selections: [], weights: new Map() });
  const weights = weightsOf(1);
  kept.offer(1, [["validation", 0.5]], weights);
  weights.get("w")?.fill(9);
  kept.offer(2, [["validation", 0.6]], weights);
  expect(kept.weights.get(1)).toEqual(weightsOf(1));
});
