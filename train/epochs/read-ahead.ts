import type { RowStore } from "../rows/row-store.ts";
import type { RowBlock } from "./step-engine.ts";

/** Two buffers for rows, x `[rows, L]` and y `[rows, T]` each; not shared memory, which the runtime does not take. */
export interface RowBuffers {
  readonly rows: number;
  readonly pair: readonly [Omit<RowBlock, "rows">, Omit<RowBlock, "rows">];
}

/** Buffers for at most `rows` rows of a store at once. */
export function rowBuffers({ landmarks, targets }: RowStore, rows: number): RowBuffers {
  const one = () => ({ x: new Float32Array(rows * landmarks), y: new Float32Array(rows * targets) });
  return { rows, pair: [one(), one()] };
}

/**
 * Reads lists of rows in order; while the receiver works on one, the next is read. A block's arrays are the receiver's
 * until it asks for the next.
 * @param lists Of at most `buffers.rows` rows each.
 * @throws AppError as the store's `read`.
 */
export async function* readAhead(
  store: RowStore,
  lists: readonly Int32Array[],
  { pair }: RowBuffers,
): AsyncGenerator<RowBlock, void> {
  const start = async (at: number): Promise<RowBlock | undefined> => {
    const rows = lists[at];
    if (rows === undefined) return undefined;
    const { x, y } = at % 2 === 0 ? pair[0] : pair[1];
    const [own, truth] = [x.subarray(0, rows.length * store.landmarks), y.subarray(0, rows.length * store.targets)];
    await store.read(rows, { x: own, y: truth });
    return { rows: rows.length, x: own, y: truth };
  };
  let next = start(0);
  try {
    for (let at = 1; ; at++) {
      const block = await next;
      if (block === undefined) return;
      next = start(at);
      yield block;
    }
  } finally {
    // Left early: the buffers are not given up while a read fills them, and what it throws is nobody's any more.
    await next.catch(() => undefined);
  }
}

/** A list of rows in pieces of at most `most`. */
export function inPieces(rows: Int32Array, most: number): readonly Int32Array[] {
  return Array.from({ length: Math.ceil(rows.length / most) }, (_, at) => rows.subarray(at * most, (at + 1) * most));
}
