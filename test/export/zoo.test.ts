/** Random architectures over all layers of the registry; the oracle is tfjs. 300 of them: test/slow/zoo.test.ts. */
import { expect, test } from "vitest";
import { layerClasses } from "../../export/lower/registry.ts";
import { compareSpecimen, toleranceOf } from "./zoo/compare.ts";

const count = 60;
const met = new Set<string>();
let [nested, shared] = [0, 0];

test.each(Array.from({ length: count }, (_, seed) => seed))("architecture %i answers as tfjs does", async (seed) => {
  const { made, difference } = await compareSpecimen(seed);
  for (const name of made.classes) met.add(name);
  nested += Number(made.hasNested);
  shared += Number(made.hasShared);
  // The layers are there to be read when it fails.
  const layers = [...made.classes].join(" ");
  expect({ layers, agrees: difference < toleranceOf(made), difference }).toEqual({ layers, agrees: true, difference });
});

test("every class of the registry was met, nested models and shared layers too", () => {
  expect(layerClasses.filter((name) => !met.has(name))).toEqual([]);
  expect(Math.min(nested, shared)).toBeGreaterThan(count / 10);
});
