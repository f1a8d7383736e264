import { expect, it } from "vitest";
import { killRuns } from "../shards/support/killed-runs.ts";

it("a sharded Zarr run survives 20 random kill -9 of two processes at once, and ends in the bytes of a single run", {
  timeout: 600_000,
}, async () => {
  const { kills, runs, advances } = await killRuns({ kills: 20, seed: 5, format: "zarr" });
  expect(kills).toBeGreaterThanOrEqual(20);
  expect(runs).toBeGreaterThanOrEqual(1);
  expect(advances).toBeGreaterThanOrEqual(3);
});
