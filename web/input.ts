import type { Hdf5File } from "../data/read/hdf5.ts";
import { openSource } from "../data/read/open.ts";
import type { ExpressionSource } from "../data/source.ts";
import { memorySource } from "../infer/memory-source.ts";
import { fileBytes } from "./file-bytes.ts";

/** Profiles that are in memory already. */
export interface ProfilesInMemory {
  /** Ids of the columns. */
  readonly genes: readonly string[];
  /** `1`, `2`, … by default. */
  readonly samples?: readonly string[];
  /** `[samples, genes]`, row-major; NaN = missing. */
  readonly values: Float32Array;
  /** How messages name them; `profiles` by default. */
  readonly label?: string;
}

/** What can be inferred: an expression file (GCTX, GCT, TSV, CSV, the text formats also gzipped), or profiles. */
export type WebInput = File | ProfilesInMemory;

/** Opens an HDF5 file that is not on a file system: `openMountedHdf5` in a browser. */
export type OpenHdf5 = (file: Blob, label: string) => Promise<Hdf5File>;

/** What opening an input takes. */
export interface OpenInputOptions {
  readonly openHdf5: OpenHdf5;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens an input; the caller disposes of the source.
 * @throws AppError `bad-data` for what is no expression matrix, or a damaged one; `cancelled`
 */
export async function openInput(input: WebInput, options: OpenInputOptions): Promise<ExpressionSource> {
  if (input instanceof Blob) {
    const { openHdf5, signal } = options;
    return openSource(fileBytes(input, input.name), () => openHdf5(input, input.name), { signal });
  }
  const { genes, values, label = "profiles" } = input;
  const count = Math.round(values.length / Math.max(1, genes.length));
  const samples = input.samples ?? Array.from({ length: count }, (_, i) => String(i + 1));
  const axis = (ids: readonly string[]) => ({ ids, fields: new Map() });
  return memorySource({ genes: axis(genes), samples: axis(samples), values, label });
}
