/**
 * Expression files on disk.
 * @module
 */
import { type OpenOptions, openSource } from "../read/open.ts";
import { zarrSource } from "../read/zarr.ts";
import type { ExpressionSource } from "../source.ts";
import { isZarrFolder } from "./atomic-folder.ts";
import { fileSource } from "./byte-source.ts";
import { openHdf5 } from "./hdf5.ts";
import { folderStore } from "./zarr-store.ts";

/**
 * Opens a GCTX, Arrow, GCT, TSV or CSV file, gzipped or not, or a Zarr folder, told apart by content. Dispose of the source when done.
 * @throws AppError `no-input` when there is no such file; `bad-data` when it is no expression matrix, or damaged
 */
export async function openExpression(path: string, options: OpenOptions = {}): Promise<ExpressionSource> {
  if (await isZarrFolder(path)) return await zarrSource(folderStore(path));
  return openSource(await fileSource(path), () => openHdf5(path), options);
}
