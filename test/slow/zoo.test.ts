/** As test/export/zoo.test.ts, more of them. */
import { expect, test } from "vitest";
import { compareSpecimen, toleranceOf } from "../export/zoo/compare.ts";

const [first, count] = [1000, 300];

test.each(Array.from({ length: count }, (_, i) => first + i))("architecture %i answers as tfjs does", async (seed) => {
  const { made, difference } = await compareSpecimen(seed);
  // The layers are there to be read when it fails.
  const layers = [...made.classes].join(" ");
  expect({ layers, agrees: difference < toleranceOf(made), difference }).toEqual({ layers, agrees: true, difference });
});
