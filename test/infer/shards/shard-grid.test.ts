import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockCount } from "../../../infer/plan.ts";
import { isInShard, shardCount, shardRange, shardRowsOf } from "../../../infer/shards/shard-grid.ts";

const plans = fc.record({
  samples: fc.integer({ min: 1, max: 3_000_000 }),
  blockRows: fc.integer({ min: 1, max: 1024 }),
  rows: fc.integer({ min: 1, max: 30_000 }),
});

describe("the grid of shards", () => {
  it("covers every profile once, in order", () => {
    fc.assert(
      fc.property(plans, fc.option(fc.integer({ min: 1, max: 5000 }), { nil: undefined }), (plan, wanted) => {
        const grid = { samples: plan.samples, shardRows: shardRowsOf(plan, wanted) };
        const count = shardCount(plan.samples, grid.shardRows);
        let end = 0;
        for (let shard = 0; shard < count; shard += Math.max(1, Math.floor(count / 50))) {
          const range = shardRange(grid, shard);
          expect(range.start).toBe(shard * grid.shardRows);
          expect(range.end).toBeGreaterThan(range.start);
          end = range.end;
        }
        end = shardRange(grid, count - 1).end;
        expect(end).toBe(plan.samples);
      }),
    );
  });
  it("gives every block of the plan to one shard", () => {
    const small = fc.record({
      samples: fc.integer({ min: 1, max: 300 }),
      blockRows: fc.integer({ min: 1, max: 16 }),
      rows: fc.constant(10),
    });
    fc.assert(
      fc.property(small, fc.integer({ min: 1, max: 60 }), (plan, wanted) => {
        const grid = { samples: plan.samples, shardRows: shardRowsOf(plan, wanted) };
        const count = shardCount(plan.samples, grid.shardRows);
        for (let block = 0; block < blockCount(plan); block += 1) {
          const owners = Array.from({ length: count }, (_, shard) => shardRange(grid, shard)).filter((range) =>
            isInShard(range, block, plan),
          );
          expect(owners).toHaveLength(1);
        }
      }),
    );
  });
  it("by default has shards of at least 128 MiB, and never more of them than a job array takes", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const shardRows = shardRowsOf(plan);
        const count = shardCount(plan.samples, shardRows);
        expect(shardRows % plan.blockRows).toBe(0);
        expect(count).toBeLessThanOrEqual(1000);
        expect(count === 1 || 4 * plan.rows * shardRows >= 128 * 2 ** 20).toBe(true);
      }),
    );
  });
  it("cuts LINCS 2020 (1,328,098 profiles, 22,268 genes, blocks of 256) into 865 shards", () => {
    const plan = { samples: 1_328_098, blockRows: 256, rows: 22_268 };
    expect([shardRowsOf(plan), shardCount(plan.samples, shardRowsOf(plan))]).toEqual([1536, 865]);
  });
});
