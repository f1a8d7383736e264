import type { RawRows } from "./raw-rows.ts";
import type { RowScaler, ZRows } from "./row-scaler.ts";

/** Something that fills z rows. */
export interface RowReader extends AsyncDisposable {
  read(rows: Int32Array, into: ZRows): Promise<void>;
}

/** How rows become z rows. */
export interface RowPlan {
  readonly scaler: RowScaler;
  /** Index of each sample's scaling, `[samples]`. */
  readonly scalingOf: Uint16Array;
}

/** Rows read from the file every time, window by window. */
export class RowStream implements RowReader {
  readonly #raw: RawRows;
  readonly #plan: RowPlan;
  #last: Promise<void> | undefined;

  constructor(raw: RawRows, plan: RowPlan) {
    [this.#raw, this.#plan] = [raw, plan];
  }

  /** Begins at once where nothing is being read: not a turn of the event loop later, which a run may hold. */
  read(rows: Int32Array, into: ZRows): Promise<void> {
    const reading = this.#last === undefined ? this.#read(rows, into) : this.#last.then(() => this.#read(rows, into));
    const settled: Promise<void> = reading
      .catch(() => undefined)
      .finally(() => {
        if (this.#last === settled) this.#last = undefined;
      });
    this.#last = settled;
    return reading;
  }

  async #read(rows: Int32Array, into: ZRows): Promise<void> {
    const { scaler, scalingOf } = this.#plan;
    const size = scaler.windowRows;
    const part = (at: number): Int32Array => rows.subarray(at * size, (at + 1) * size);
    const begin = (at: number): Promise<void> => {
      const flight = this.#raw.read(part(at), scaler.windows[at % 2 === 0 ? 0 : 1]);
      // It may fail before its turn to be awaited.
      flight.catch(() => undefined);
      return flight;
    };
    const count = Math.ceil(rows.length / size);
    const flights = Array.from({ length: Math.min(2, count) }, (_, at) => begin(at));
    try {
      for (let at = 0; at < count; at += 1) {
        await flights[at % 2];
        const scalings = Uint16Array.from(part(at), (row) => scalingOf[row] ?? 0);
        scaler.scale(at % 2 === 0 ? 0 : 1, scalings, { ...into, first: at * size });
        if (at + 2 < count) flights[at % 2] = begin(at + 2);
      }
    } finally {
      // After a failure the other window must not be written to any more when the next read begins.
      await Promise.allSettled(flights);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last;
    await this.#raw[Symbol.asyncDispose]();
  }
}
