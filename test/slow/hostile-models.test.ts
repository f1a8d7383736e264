/** As test/export/hostile.test.ts, more damages, all through the whole export. */
import { expect, test } from "vitest";
import { savedSpecimens, withstand } from "../export/zoo/withstand.ts";

const [parts, each] = [20, 100];

test.each(Array.from({ length: parts }, (_, part) => part))("damages, part %i, are withstood", async (part) => {
  const seeds = Array.from({ length: each }, (_, i) => 10_000 + part * each + i);
  const { others } = await withstand(await savedSpecimens(10), seeds, { whole: true });
  expect(others).toEqual([]);
});
