import { describe, expect, it } from "vitest";
import { killRuns } from "./support/killed-runs.ts";

describe.each([
  { format: "gctx", seed: 7 },
  { format: "zarr", seed: 5 },
] as const)("a sharded run to $format", ({ format, seed }) => {
  it("survives 20 random kill -9 of two processes at once, and ends in the bytes of a single run", {
    timeout: 900_000,
  }, async () => {
    const { kills, runs, advances } = await killRuns({ kills: 20, seed, format });
    expect(kills).toBeGreaterThanOrEqual(20);
    expect(runs).toBeGreaterThanOrEqual(1);
    expect(advances).toBeGreaterThanOrEqual(3);
  });
});
