import { bytesOf, type StateTensor } from "./step-engine.ts";

/**
 * Peak memory of an engine over the bytes of its state: measured 5.6 to 6.8 (copies of the outputs, old and new state,
 * gradients and temporaries in the arena).
 */
const peakOverState = 6.5;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toPrecision(3)} GB`;

/** What a training holds in memory. */
export interface MemoryPlan {
  readonly state: readonly StateTensor[];
  /** Sets that may each keep weights of their own. */
  readonly selections: number;
  /** Of buffers that take theirs when they are filled. */
  readonly bufferBytes: number;
  /** When resident rows have taken theirs. */
  readonly availableBytes: number;
}

/** A warning, where a training is likely to need more memory than there is. */
export function memoryNote({ state, selections, bufferBytes, availableBytes }: MemoryPlan): string | undefined {
  const weights = bytesOf(state.filter(({ kind }) => kind === "weight" || kind === "fixed"));
  const needed = peakOverState * bytesOf(state) + selections * weights + bufferBytes;
  if (needed <= availableBytes) return undefined;
  return (
    `memory may not suffice: weights and optimiser state are ${gigabytes(bytesOf(state))}, training takes about ` +
    `${gigabytes(needed)} of which ${gigabytes(availableBytes)} are available; fewer units, optimiser momentum instead ` +
    "of adamw, or partitions of the targets take less"
  );
}
