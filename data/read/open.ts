/**
 * Any expression file, wherever its bytes are.
 * @module
 */
import type { ByteSource, ExpressionSource } from "../source.ts";
import { arrowSource } from "./arrow.ts";
import { readDelimited } from "./delimited.ts";
import { readGct } from "./gct.ts";
import { gctxSource } from "./gctx.ts";
import type { Hdf5File } from "./hdf5.ts";
import type { Orientation } from "./orientation.ts";
import { sniff } from "./sniff.ts";

/** How to open an expression file. */
export interface OpenOptions {
  /** What the rows of a TSV or CSV file are; found out when not given. GCT and GCTX say it themselves. */
  readonly orientation?: Orientation | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a GCTX, Arrow, GCT, TSV or CSV file, told apart by content. The source belongs to the caller.
 * @param openHdf5 opens the same file as HDF5; called only where it is
 * @throws AppError `bad-data` when the file is none of these, or is damaged; `cancelled`
 */
export async function openSource(
  source: ByteSource,
  openHdf5: () => Promise<Hdf5File>,
  { orientation, signal }: OpenOptions = {},
): Promise<ExpressionSource> {
  const { format, gzip, warnings } = await sniff(source);
  if (format === "gct") return readGct({ source, gzip, warnings, signal });
  if (format === "arrow") return await arrowSource(source, warnings);
  if (format !== "gctx") return readDelimited({ source, gzip, warnings, signal, format, orientation });
  const file = await openHdf5();
  try {
    return gctxSource(file, warnings);
  } catch (error) {
    file.close();
    throw error;
  }
}
