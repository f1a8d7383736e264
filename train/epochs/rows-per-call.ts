/**
 * How many rows one call of an engine is given.
 * @module
 */
import { evaluatedRows } from "./evaluation.ts";

/** Rows fed to one call: bytes at least allowed, and bytes per byte of the state that each call takes in and gives back. */
const [leastBytes, bytesPerStateByte] = [256 * 2 ** 20, 4];

/** What decides the rows of a call. */
export interface CallSetting {
  /** Most steps of a call. */
  readonly stepsPerCall: number;
  readonly batchSize: number;
  /** Values of a row: landmarks and targets. */
  readonly columns: number;
  /** Of the engine's state, in bytes. */
  readonly stateBytes: number;
}

/**
 * Rows of a call: `stepsPerCall` steps, fewer where they are large; at least one step, and enough to evaluate with.
 * A call copies the whole state, which has to be little beside its steps (`bench/train-step.mjs`: at batch 1,000 eleven
 * steps a call cost SGD 10 % and AdamW 15 %). The weights do not depend on it.
 */
export function rowsPerCall({ stepsPerCall, batchSize, columns, stateBytes }: CallSetting): number {
  const bytes = Math.max(leastBytes, bytesPerStateByte * stateBytes);
  const fitting = Math.floor(bytes / (4 * columns));
  const steps = Math.max(1, Math.min(stepsPerCall, Math.floor(fitting / batchSize)));
  return Math.max(steps * batchSize, Math.min(evaluatedRows, fitting));
}
