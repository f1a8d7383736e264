import { read } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { OpenDataset } from "../../data/node/dataset.ts";
import { AppError } from "../../schemas/errors.ts";

/** Rows of a matrix as the file has them, by number and in any order. */
export interface RawRows extends AsyncDisposable {
  /**
   * Fills `into` `[rows, genes]` (float32). All reading is under way when this returns, so that it goes on while the
   * caller's thread is held by a run of the model.
   */
  read(rows: Int32Array, into: Float32Array): Promise<void>;
}

/** Where the matrix of a file lies. */
export interface MatrixPlace {
  readonly path: string;
  readonly genes: number;
  /** Byte of its first value. */
  readonly offset: number;
}

/**
 * Rows of a contiguous matrix, read by position: one request for every run of adjacent rows, all given to the operating
 * system at once.
 * @throws AppError `bad-data` when the file ends early, `no-input` when it cannot be opened.
 */
export async function positionalRows(place: MatrixPlace): Promise<RawRows> {
  const file = await open(place.path, "r").catch((cause: unknown) => {
    throw new AppError("no-input", { what: "the matrix cannot be opened", where: place.path }, { cause });
  });
  return {
    read: (rows, into) => readRuns(file, place, { rows, into }),
    [Symbol.asyncDispose]: () => file.close(),
  };
}

interface Wanted {
  readonly rows: Int32Array;
  readonly into: Float32Array;
}

function readRuns({ fd }: FileHandle, { path, genes, offset }: MatrixPlace, { rows, into }: Wanted): Promise<void> {
  const rowBytes = 4 * genes;
  const bytes = new Uint8Array(into.buffer, into.byteOffset, rows.length * rowBytes);
  return new Promise((resolve, reject) => {
    let pending = 1;
    let failure: unknown;
    const settle = (error: unknown): void => {
      failure ??= error ?? undefined;
      pending -= 1;
      if (pending > 0) return;
      if (failure === undefined) resolve();
      else reject(readError(failure, path));
    };
    // One read may return less than asked for (network file systems, signals): the rest is asked for again.
    const request = (at: number, length: number, position: number): void => {
      read(fd, bytes, at, length, position, (error, count) => {
        if (error !== null) settle(error);
        else if (count === length) settle(undefined);
        else if (count === 0) settle(new AppError("bad-data", endsEarly(path)));
        else request(at + count, length - count, position + count);
      });
    };
    for (let start = 0; start < rows.length; ) {
      const end = endOfRun(rows, start);
      pending += 1;
      request(start * rowBytes, (end - start) * rowBytes, offset + (rows[start] ?? 0) * rowBytes);
      start = end;
    }
    settle(undefined);
  });
}

/** Where adjacent rows that begin at `start` end. */
export function endOfRun(rows: Int32Array, start: number): number {
  let end = start + 1;
  while (end < rows.length && rows[end] === (rows[end - 1] ?? 0) + 1) end += 1;
  return end;
}

const endsEarly = (path: string) => ({
  what: "the file ends before its matrix does",
  where: path,
  advice: "Prepare the dataset again",
});

function readError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const got = error instanceof Error ? error.message : String(error);
  return new AppError("bad-data", { what: "the matrix cannot be read", where: path, got }, { cause: error });
}

/** Rows of a matrix of any layout, read by the HDF5 library run by run; slow where runs are short and chunks long. */
export function libraryRows(dataset: OpenDataset): RawRows {
  return {
    read: async (rows, into) => {
      const genes = dataset.dataset.genes;
      for (let start = 0; start < rows.length; ) {
        const [end, first] = [endOfRun(rows, start), rows[start] ?? 0];
        for await (const block of dataset.rawRows({ start: first, end: first + end - start }))
          into.set(block.values, (start + block.start - first) * genes);
        start = end;
      }
    },
    [Symbol.asyncDispose]: () => dataset[Symbol.asyncDispose](),
  };
}
