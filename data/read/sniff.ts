/**
 * Which format a file has, by its content: names lie (cmapPy ships GCT text named `.gctx`).
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { ByteSource } from "../source.ts";
import { arrowMagic } from "./arrow-file.ts";
import { textBytes } from "./text-bytes.ts";

/** A format that can be read. */
export type ReadableFormat = "gctx" | "arrow" | "gct" | "tsv" | "csv";

/** What a file holds. */
export interface Sniffed {
  readonly format: ReadableFormat;
  /** The bytes are gzipped; `format` is what lies inside. */
  readonly gzip: boolean;
  /** Where the name promises something else. */
  readonly warnings: readonly string[];
}

const headBytes = 64 * 1024;
const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Files that people hold for a matrix: how they begin, and what to do with them. */
const strangers: readonly { readonly magic: readonly number[]; readonly name: string; readonly advice: string }[] = [
  { magic: [0x50, 0x4b, 0x03, 0x04], name: "a zip or Excel file", advice: "Unpack it, or save the sheet as TSV" },
  { magic: [0xd0, 0xcf, 0x11, 0xe0], name: "an old Excel file", advice: "Save the sheet as TSV" },
  { magic: [0x50, 0x41, 0x52, 0x31], name: "a Parquet file", advice: "Convert it to GCTX or TSV" },
  { magic: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59], name: "a NumPy array", advice: "It has no ids: write GCTX or TSV" },
  { magic: [0x52, 0x44, 0x58], name: "an R workspace", advice: "Write the matrix by write.table or cmapR" },
  { magic: [0x58, 0x0a, 0, 0, 0], name: "an R object", advice: "Write the matrix by write.table or cmapR" },
  { magic: [0x42, 0x5a, 0x68], name: "a bzip2 file", advice: "Unpack it or use gzip" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a], name: "an xz file", advice: "Unpack it or use gzip" },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], name: "a zstd file", advice: "Unpack it or use gzip" },
  { magic: [0xff, 0xfe], name: "UTF-16 text", advice: "Save it as UTF-8" },
  { magic: [0xfe, 0xff], name: "UTF-16 text", advice: "Save it as UTF-8" },
];

/**
 * Looks at the first bytes of a file, and inside where it is gzipped.
 * @throws AppError `bad-data` for an empty file, binary files of other kinds, and text that is no table
 */
export async function sniff(source: ByteSource): Promise<Sniffed> {
  const outside = await source.slice(0, headBytes);
  const gzip = startsWith(outside, [0x1f, 0x8b]);
  const head = gzip ? await firstBytes(source) : outside;
  if (head.length === 0) {
    throw new AppError("bad-data", {
      what: gzip ? "the gzip file holds nothing" : "the file is empty",
      where: source.label,
      advice: "Copy or download the file again",
    });
  }
  const format = startsWith(head, arrowMagic)
    ? "arrow"
    : startsWith(head, hdf5Signature) || (!gzip && (await hasUserBlock(source)))
      ? "gctx"
      : textFormat(source.label, head);
  if ((format === "gctx" || format === "arrow") && gzip) {
    throw new AppError("bad-data", {
      what: `${format === "gctx" ? "HDF5" : "Arrow"} cannot be read inside gzip`,
      where: source.label,
      advice: "Unpack the file with gunzip",
    });
  }
  return { format, gzip, warnings: nameWarnings(source.label, { format, gzip }) };
}

async function firstBytes(source: ByteSource): Promise<Uint8Array> {
  for await (const piece of textBytes({ source, gzip: true })) {
    if (piece.length > 0) return piece.slice(0, headBytes);
  }
  return new Uint8Array(0);
}

/** HDF5 may begin behind a user block of 512, 1024, 2048, … bytes (HDF5 file format specification, II.A). */
async function hasUserBlock(source: ByteSource): Promise<boolean> {
  for (let offset = 512; offset + hdf5Signature.length <= source.bytes; offset *= 2) {
    if (startsWith(await source.slice(offset, offset + hdf5Signature.length), hdf5Signature)) return true;
  }
  return false;
}

function startsWith(bytes: Uint8Array, magic: ArrayLike<number>): boolean {
  return Array.from(magic).every((byte, index) => bytes[index] === byte);
}

function textFormat(label: string, head: Uint8Array): Exclude<ReadableFormat, "gctx" | "arrow"> {
  const stranger = strangers.find(({ magic }) => startsWith(head, magic));
  if (stranger || head.includes(0)) {
    throw new AppError("bad-data", {
      what: "the file is no expression matrix",
      where: label,
      expected: "GCTX, Arrow, GCT, TSV or CSV",
      got: stranger?.name ?? "binary data",
      advice: stranger?.advice ?? "Give the matrix itself",
    });
  }
  const lineEnd = head.indexOf(10);
  const firstLine = new TextDecoder().decode(head.subarray(0, lineEnd < 0 ? head.length : lineEnd));
  if (/^#1\.[23]\s*$/.test(firstLine)) return "gct";
  if (firstLine.includes("\t")) return "tsv";
  if (firstLine.includes(",")) return "csv";
  throw new AppError("bad-data", {
    what: "the file is no table",
    where: `${label}, line 1`,
    expected: "a GCT version line (#1.2 or #1.3), or names separated by tabs or commas",
    got: JSON.stringify(firstLine.slice(0, 40)),
    advice: "Give GCTX, GCT, TSV or CSV",
  });
}

const nameOf: { readonly [Format in ReadableFormat]: string } = {
  gctx: "GCTX",
  arrow: "Arrow",
  gct: "GCT text",
  tsv: "tab-separated text",
  csv: "comma-separated text",
};

/** Endings that promise a format; `txt` and others promise nothing. */
const promised: ReadonlyMap<string, ReadableFormat> = new Map([
  ["gctx", "gctx"],
  ["h5", "gctx"],
  ["arrow", "arrow"],
  ["feather", "arrow"],
  ["gct", "gct"],
  ["tsv", "tsv"],
  ["tab", "tsv"],
  ["csv", "csv"],
]);

function nameWarnings(label: string, { format, gzip }: Omit<Sniffed, "warnings">): string[] {
  const warnings: string[] = [];
  const name = label.toLowerCase();
  const namedGzip = name.endsWith(".gz");
  if (namedGzip !== gzip) warnings.push(gzip ? "gzipped, though not named .gz" : "named .gz but not gzipped");
  const ending = (namedGzip ? name.slice(0, -3) : name).split(".").at(-1) ?? "";
  const expected = promised.get(ending);
  if (expected && expected !== format) warnings.push(`named .${ending} but holds ${nameOf[format]}`);
  return warnings;
}
