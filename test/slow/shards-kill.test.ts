import { expect, it } from "vitest";
import { killRuns } from "../infer/shards/support/killed-runs.ts";

it("a sharded run survives 200 random kill -9 of two processes at once, merges among them", {
  timeout: 3_600_000,
}, async () => {
  const { kills, runs, advances, inMerge } = await killRuns({ kills: 200, seed: 11 });
  expect(kills).toBeGreaterThanOrEqual(200);
  expect(runs).toBeGreaterThanOrEqual(10);
  expect(advances).toBeGreaterThanOrEqual(30);
  expect(inMerge).toBeGreaterThanOrEqual(5);
});
