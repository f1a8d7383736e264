import { expect, it } from "vitest";
import { packRows } from "../../../infer/shards/shard-rows.ts";

it("lays a prediction out as landmarks, further landmarks, targets, row by row", () => {
  const into = new Float32Array(20).fill(-1);
  const rows = packRows(
    {
      rows: 2,
      measured: Float32Array.of(1, 2, 11, 12),
      further: Float32Array.of(3, 13),
      targets: Float32Array.of(4, 5, 6, 14, 15, 16),
      ood: new Float32Array(2),
      missing: new Int32Array(2),
    },
    into,
  );
  expect([...rows]).toEqual([1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16]);
  expect(rows.buffer).toBe(into.buffer);
  expect(into[12]).toBe(-1);
});
