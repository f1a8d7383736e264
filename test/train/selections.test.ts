import { expect, it } from "vitest";
import { type Selection, scoreSelections } from "../../train/selections.ts";
import { context } from "./family-input.ts";
import { linearData } from "./simulated-data.ts";

const [landmarks, targets] = [4, 3];

it("a model that several sets choose predicts once; one of its own does, whatever its values are", async () => {
  const data = linearData({ samples: 50, landmarks, targets, seed: 1 });
  const opened: string[] = [];
  /** Predicts one value everywhere. */
  const selection = (name: string, value: number, more: Partial<Selection> = {}): Selection => ({
    name,
    selected: { gamma: 0.3 },
    open: async () => {
      opened.push(name);
      const predictZ = async (_: Float32Array, rows: number) => new Float32Array(rows * targets).fill(value);
      return { predictZ, [Symbol.asyncDispose]: async () => undefined };
    },
    ...more,
  });
  const selections = [
    selection("validation", 0),
    selection("validation:a", 0),
    selection("validation:b", 9, { isOwn: true }),
    selection("validation:c", 5, { selected: { gamma: 3 } }),
  ];
  const scored = await scoreSelections(selections, { ...context, data, geneIds: ["g0", "g1", "g2"] });
  expect(opened).toEqual(["validation", "validation:b", "validation:c"]);
  expect(scored.map(({ selectedOn }) => selectedOn)).toEqual(selections.map(({ name }) => name));
  const maes = scored.map(({ mae }) => mae["validation"]?.mean ?? Number.NaN);
  expect(maes[1]).toBe(maes[0]);
  // Targets are of order 1: what is far off shows whose prediction was scored.
  expect(maes[2]).toBeGreaterThan(7);
  expect(maes[3]).toBeGreaterThan(3);
  expect(maes[3]).toBeLessThan(7);
});
