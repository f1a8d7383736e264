import { AppError, type MatrixFormat } from "../../schemas/index.ts";

/** How a file is written: the format, and whether gzip goes around it. */
export interface PathFormat {
  readonly format: MatrixFormat;
  readonly gzip: boolean;
}

const extensions = "gctx, zarr, arrow, gct, gct.gz, tsv, tsv.gz, csv, csv.gz, npy";

/**
 * The format that a path's extension names, or `format` where one is given; `.gz` at the end of a text format's path
 * asks for gzip.
 * @throws AppError `usage` for another extension, or gzip around a binary format
 */
export function pathFormat(path: string, format?: MatrixFormat): PathFormat {
  const lower = path.toLowerCase();
  const gzip = lower.endsWith(".gz");
  const extension = (gzip ? lower.slice(0, -3) : lower).split(".").at(-1) ?? "";
  const chosen = format ?? known[extension];
  if (chosen !== undefined && !(gzip && binary.includes(chosen))) return { format: chosen, gzip };
  throw new AppError("usage", {
    what:
      chosen === undefined ? "the file's extension names no format that can be written" : `${chosen} is not gzipped`,
    where: path,
    expected: extensions,
    advice: "Choose another name for the output",
  });
}

const binary: readonly MatrixFormat[] = ["gctx", "zarr", "arrow", "npy"];

const known: Readonly<Record<string, MatrixFormat>> = {
  gctx: "gctx",
  zarr: "zarr",
  arrow: "arrow",
  feather: "arrow",
  gct: "gct",
  tsv: "tsv",
  txt: "tsv",
  csv: "csv",
  npy: "npy",
};
