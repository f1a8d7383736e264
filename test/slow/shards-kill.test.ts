import { describe, expect, it } from "vitest";
import { killRuns } from "../infer/shards/support/killed-runs.ts";

describe.each([
  { format: "gctx", seed: 11 },
  { format: "zarr", seed: 13 },
] as const)("a sharded run to $format", ({ format, seed }) => {
  it("survives 200 random kill -9 of two processes at once, merges among them", {
    timeout: 3_600_000,
  }, async () => {
    const killed = await killRuns({ kills: 200, seed, format });
    console.info(`${format}: ${JSON.stringify(killed)}`);
    expect(killed.kills).toBeGreaterThanOrEqual(200);
    expect(killed.runs).toBeGreaterThanOrEqual(5);
    expect(killed.advances).toBeGreaterThanOrEqual(30);
    expect(killed.inMerge).toBeGreaterThanOrEqual(5);
  });
});
