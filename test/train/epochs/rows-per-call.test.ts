import { describe, expect, it } from "vitest";
import { rowsPerCall } from "../../../train/epochs/rows-per-call.ts";

const MiB = 2 ** 20;

describe("rows of a call", () => {
  it("hold the steps asked for where these are small", () => {
    expect(rowsPerCall({ stepsPerCall: 25, batchSize: 200, columns: 1000, stateBytes: 0 })).toBe(5000);
  });

  it("hold fewer steps where rows are large: 256 MiB of them", () => {
    // 256 MiB at 4 × 65,536 bytes a row: 1,024 rows, two batches of 500.
    expect(rowsPerCall({ stepsPerCall: 25, batchSize: 500, columns: 65_536, stateBytes: 0 })).toBe(1000);
  });

  it("are worth four times the state that a call copies, of whole batches", () => {
    // 4 × 256 MiB: 4,096 rows.
    expect(rowsPerCall({ stepsPerCall: 25, batchSize: 500, columns: 65_536, stateBytes: 256 * MiB })).toBe(4000);
    expect(rowsPerCall({ stepsPerCall: 5, batchSize: 500, columns: 65_536, stateBytes: 256 * MiB })).toBe(2500);
  });

  it("hold one step, however large, and enough to evaluate with", () => {
    expect(rowsPerCall({ stepsPerCall: 25, batchSize: 5000, columns: 65_536, stateBytes: 0 })).toBe(5000);
    expect(rowsPerCall({ stepsPerCall: 1, batchSize: 10, columns: 1000, stateBytes: 0 })).toBe(1000);
  });
});
