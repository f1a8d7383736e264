import type { ColumnValues, ProfileWriter } from "../../data/node/profile-writer.ts";
import type { Prediction } from "../predictor.ts";
import type { BlockFacts, Journal, JournalEntry } from "./journal.ts";

/** Where a block goes. */
export interface BlockPlace extends BlockFacts {
  readonly block: number;
  /** First profile of the block. */
  readonly start: number;
}

/**
 * Writes blocks behind the computation: one block at a time is being written while the next one is computed, and every
 * `syncMs` what has been written is synced and then journaled, in the background too. The journal so never names a
 * block that a power cut could take away.
 */
export class BlockWriter {
  readonly #file: ProfileWriter;
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
  }: { readonly file: ProfileWriter; readonly journal: Journal; readonly syncMs: number }) {
    this.#file = file;
    this.#journal = journal;
    this.#syncMs = syncMs;
  }

  /**
   * Waits for the block before and starts to write this one, which the writer owns until it calls `written`.
   * @throws AppError `cannot-create` when an earlier block could not be written or recorded
   */
  async write(place: BlockPlace, prediction: Prediction, written: () => void): Promise<void> {
    await this.#writing;
    if (!this.#isSyncing) await this.#syncing;
    this.#writing = watched(this.#write(place, prediction).finally(written));
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
    const parts = [measured, further, targets].map((values) => ({ values, columns: values.length / rows }));
    const columns = new Map<string, ColumnValues>([
      ["lf_ood", ood],
      ["lf_missing_landmarks", missing],
    ]);
    await this.#file.writeBlock({ start, rows, parts, columns });
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
