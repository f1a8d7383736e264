import { MomentAccumulator, type Moments } from "../../runtime/algebra/moments.ts";
import type { OpenSession } from "../../runtime/session.ts";
import { pickColumns } from "./columns.ts";

/** A part of a net whose activations are fitted to its targets. */
export interface FittedPart {
  /** Units of its last hidden layer. */
  readonly hidden: number;
  /** Columns of its targets among those of the data. */
  readonly targets: Int32Array;
}

/** Moments of every part's activations and of its own targets, side by side; close it to close their sessions. */
export class PartMoments implements AsyncDisposable {
  readonly #parts: { readonly targets: Int32Array; readonly moments: MomentAccumulator }[] = [];

  /** @throws AppError as `MomentAccumulator.open`; nothing is left open then. */
  static async open(parts: readonly FittedPart[], open: OpenSession): Promise<PartMoments> {
    const all = new PartMoments();
    try {
      for (const { hidden, targets } of parts) {
        const moments = await MomentAccumulator.open({ open, p: hidden, q: targets.length });
        all.#parts.push({ targets, moments });
      }
      return all;
    } catch (error) {
      await all[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Adds rows; wait for one call before the next.
   * @param block.x Activations `[rows, hidden]` of every part.
   * @param block.y All targets `[rows, T]`.
   */
  async add(block: { readonly x: readonly Float32Array[]; readonly y: Float32Array; readonly rows: number }) {
    const { x, y, rows } = block;
    for (const [at, { targets, moments }] of this.#parts.entries())
      await moments.add({ x: x[at] ?? new Float32Array(), y: pickColumns(y, rows, targets), rows });
  }

  /** The moments of all rows, part by part; no more rows are taken. */
  async *finish(): AsyncGenerator<Moments> {
    for (const { moments } of this.#parts) yield await moments.finish();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { moments } of this.#parts) await moments[Symbol.asyncDispose]();
  }
}
