/**
 * What reading a GCTX needs of an HDF5 library. Ranges are checked by the caller, errors are translated by the
 * implementation.
 * @module
 */

/** An HDF5 file open for reading; {@link Hdf5File.close} belongs to who opened it. */
export interface Hdf5File {
  /** The file's base name. */
  readonly label: string;
  /** A text attribute of the root group, scalar or in an array of one; undefined when there is none. */
  rootText(name: string): string | undefined;
  /** Names in a group; undefined when there is no such group. */
  names(group: string): readonly string[] | undefined;
  /** The dataset at an absolute path; undefined when there is none. */
  dataset(path: string): Hdf5Dataset | undefined;
  /** Idempotent; nothing can be read afterwards. */
  close(): void;
}

/**
 * A dataset of an open file.
 * All reading throws AppError `bad-data` when the file is damaged or uses a filter that the library lacks.
 */
export interface Hdf5Dataset {
  readonly path: string;
  readonly shape: readonly number[];
  /** Shape of a chunk; undefined for a contiguous layout. */
  readonly chunk: readonly number[] | undefined;
  /** `other`: compounds, references and whatever else is neither text nor a plain number. */
  readonly kind: "text" | "number" | "other";
  /** All elements of a list as text: strings without padding (trailing blanks, all from a NUL on), integers exactly. */
  texts(): string[];
  /** All elements of a list of numbers. */
  numbers(): Float64Array;
  /** Rows `[start, end)` of a matrix of numbers, rounded to float32; the caller owns them. */
  rows(start: number, end: number): Float32Array;
}
