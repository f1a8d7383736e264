import type { GctxFile } from "../../data/node/gctx-writer.ts";
import type { Prediction } from "../predictor.ts";
import type { BlockFacts, Journal, JournalEntry } from "./journal.ts";

/** Where a block goes. */
export interface BlockPlace extends BlockFacts {
  readonly block: number;
  /** First profile of the block. */
  readonly start: number;
}

/**
 * Row parts that go to the kernel in one call. The next run holds the event loop, so a second call of the same write
 * would only be made when the run is over: all calls of a block are made at once instead.
 */
const viewsACall = 1024;

/**
 * Writes blocks behind the computation: one block at a time is being written while the next one is computed, and every
 * `syncMs` what has been written is synced and then journaled, in the background too. The journal so never names a
 * block that a power cut could take away.
 */
export class BlockWriter {
  readonly #file: GctxFile;
  readonly #journal: Journal;
  readonly #syncMs: number;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;
  #syncedMs = performance.now();
  #unsynced: (JournalEntry & { readonly rows: number })[] = [];
  #recorded = 0;

  constructor({
    file,
    journal,
    syncMs,
  }: { readonly file: GctxFile; readonly journal: Journal; readonly syncMs: number }) {
    this.#file = file;
    this.#journal = journal;
    this.#syncMs = syncMs;
  }

  /**
   * Waits for the block before and starts to write this one, which the writer owns from now on.
   * @throws AppError `cannot-create` when an earlier block could not be written or recorded
   */
  async write(place: BlockPlace, prediction: Prediction): Promise<void> {
    await this.#writing;
    if (!this.#isSyncing) await this.#syncing;
    this.#writing = watched(this.#write(place, prediction));
  }

  /** Waits until everything is written, synced and journaled. @throws AppError `cannot-create` */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#syncing;
    await this.#sync();
  }

  /** After an error: journals what got written, as far as the disk allows. */
  async salvage(): Promise<void> {
    await settled(this.#writing);
    await settled(this.#syncing);
    await settled(this.#sync());
  }

  /** Profiles journaled by this writer. */
  get recorded(): number {
    return this.#recorded;
  }

  async #write({ start, ...entry }: BlockPlace, prediction: Prediction): Promise<void> {
    const { rows, measured, further, targets, ood, missing } = prediction;
    const parts = [measured, further, targets]
      .filter((values) => values.length > 0)
      .map((values) => ({ values, columns: values.length / rows }));
    const writes = [
      this.#file.writeColumn("lf_ood", start, ood),
      this.#file.writeColumn("lf_missing_landmarks", start, missing),
    ];
    const rowsACall = Math.floor(viewsACall / parts.length);
    for (let row = 0; row < rows; row += rowsACall) {
      const slice = parts.map(({ values, columns }) => ({ values: values.subarray(row * columns), columns }));
      writes.push(this.#file.writeRows(start + row, slice, Math.min(rowsACall, rows - row)));
    }
    await Promise.all(writes);
    this.#unsynced.push({ ...entry, rows });
    if (!this.#isSyncing && performance.now() - this.#syncedMs >= this.#syncMs) this.#syncing = watched(this.#sync());
  }

  async #sync(): Promise<void> {
    const entries = this.#unsynced.splice(0);
    if (entries.length === 0) return;
    this.#isSyncing = true;
    try {
      await this.#file.sync();
      await this.#journal.append(entries);
      for (const { rows } of entries) this.#recorded += rows;
    } finally {
      this.#syncedMs = performance.now();
      this.#isSyncing = false;
    }
  }
}

/** Waits for a promise, whatever becomes of it. */
async function settled(promise: Promise<void>): Promise<void> {
  await promise.catch(() => undefined);
}

/** A promise that is awaited later: until then its rejection is nobody's. */
function watched(promise: Promise<void>): Promise<void> {
  promise.catch(() => undefined);
  return promise;
}
