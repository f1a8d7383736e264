/**
 * Expression files on disk.
 * @module
 */
import { type OpenOptions, openSource } from "../read/open.ts";
import type { ExpressionSource } from "../source.ts";
import { fileSource } from "./byte-source.ts";
import { openHdf5 } from "./hdf5.ts";

/**
 * Opens a GCTX, GCT, TSV or CSV file, gzipped or not, told apart by content. Dispose of the source when done.
 * @throws AppError `no-input` when there is no such file; `bad-data` when it is no expression matrix, or damaged
 */
export async function openExpression(path: string, options: OpenOptions = {}): Promise<ExpressionSource> {
  return openSource(await fileSource(path), () => openHdf5(path), options);
}
