import { endOfRun } from "./raw-rows.ts";
import type { RowReader } from "./row-stream.ts";

/** Reads all samples once, in order, and keeps them in z units; `stream` is not needed afterwards. */
export async function keepRows(
  stream: RowReader,
  { samples, landmarks, targets }: { readonly samples: number; readonly landmarks: number; readonly targets: number },
): Promise<RowReader> {
  const kept = {
    x: new Float32Array(samples * landmarks),
    y: new Float32Array(samples * targets),
  };
  await stream.read(
    Int32Array.from({ length: samples }, (_, sample) => sample),
    kept,
  );
  return {
    read: (rows, { x, y }) => {
      copyRows(kept.x, rows, { into: x, width: landmarks });
      copyRows(kept.y, rows, { into: y, width: targets });
      return Promise.resolve();
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Copies rows of a matrix to the start of another, runs of adjacent rows at once. */
function copyRows(
  from: Float32Array,
  rows: Int32Array,
  { into, width }: { readonly into: Float32Array; readonly width: number },
): void {
  for (let start = 0; start < rows.length; ) {
    const [end, first] = [endOfRun(rows, start), rows[start] ?? 0];
    into.set(from.subarray(first * width, (first + end - start) * width), start * width);
    start = end;
  }
}
