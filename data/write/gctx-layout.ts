import { AppError } from "../../schemas/index.ts";
import { transliterate } from "./ascii.ts";
import { type GctxColumn, gctxColumns, reservedColumn } from "./gctx-columns.ts";
import { type GroupContent, placeGroup } from "./hdf5/group.ts";
import { Image } from "./hdf5/image.ts";
import { attribute, datasetHeader, maxAttributeBytes, numberType } from "./hdf5/messages.ts";
import { superblockBytes, writeSuperblock } from "./hdf5/superblock.ts";
import type { MatrixContent } from "./matrix-content.ts";
import { type NumberType, numberBytes } from "./number-type.ts";
import { type RowLayout, storageBytes } from "./row-layout.ts";

/** Where a reserved column lies: item i of it at `offset + i * itemBytes`. */
export interface ColumnSpan {
  readonly offset: number;
  readonly itemBytes: number;
  readonly type: NumberType;
}

/** A GCTX file with everything but its rows: row i is `rowBytes` little-endian floats at `matrixOffset + i * rowBytes`. */
export interface GctxLayout extends RowLayout {
  /** The bytes `[0, matrixOffset)`. */
  readonly header: Uint8Array;
  /** A multiple of 4096: blocks of 1024 rows never share a page. */
  readonly matrixOffset: number;
  readonly rowBytes: number;
  /** The reserved columns by name. */
  readonly columns: ReadonlyMap<string, ColumnSpan>;
}

const pageBytes = 4096;

/**
 * Lays out a GCTX file: all datasets contiguous, metadata first, the matrix last and page aligned, so that the file is
 * valid as soon as the header is there and rows can be written by position, in any order, by anyone. Structures are
 * those of HDF5 1.6 (superblock 0), which h5py, rhdf5, cmapPy and h5wasm read; the same content gives the same bytes.
 * @throws AppError `bad-data` for ids or field names that the format cannot hold, or an axis without ids; `usage` for
 *   an attribute of more than 60,000 characters
 */
export function gctxLayout(content: MatrixContent): GctxLayout {
  const { genes, samples, reserved = [], attributes, storage = "float32" } = content;
  const rowColumns = gctxColumns(genes, "/0/META/ROW");
  const colColumns = new Map(gctxColumns(samples, "/0/META/COL"));
  for (const { name, type } of reserved) colColumns.set(name, reservedColumn(type));
  const rootAttributes = attributeMessages({ src: "landfall", ...attributes });
  const [sampleCount, geneCount] = [samples.ids.length, genes.ids.length];

  const leafK = Math.max(4, Math.ceil(Math.max(rowColumns.size, colColumns.size) / 2));
  const image = new Image();
  const group = (links: Iterable<readonly [string, number]>, more: Partial<GroupContent> = {}) =>
    placeGroup(image, { ...more, links: new Map(links), leafK });

  // The superblock and the matrix's header name addresses that are known at the end only; both have fixed lengths.
  image.reserve(superblockBytes, (into) => writeSuperblock(into, { root, leafK, fileBytes: totalBytes }));
  const row = placeColumns(image, rowColumns, geneCount);
  const col = placeColumns(image, colColumns, sampleCount);
  const matrixBytes = sampleCount * geneCount * storageBytes[storage];
  const matrixHeader = (address: number): Uint8Array =>
    datasetHeader({ type: numberType[storage], dims: [sampleCount, geneCount], address, bytes: matrixBytes });
  const matrix = image.reserve(matrixHeader(0).length, (into) => into.set(matrixHeader(matrixOffset)));
  const meta = group([
    ["ROW", group(row.headers).header],
    ["COL", group(col.headers).header],
  ]);
  const data = group([["0", group([["matrix", matrix]]).header]]);
  const top = group([
    ["DATA", data.header],
    ["META", meta.header],
  ]);
  const root = group([["0", top.header]], { attributes: rootAttributes });
  const matrixOffset = Math.ceil(image.end / pageBytes) * pageBytes;
  const totalBytes = matrixOffset + matrixBytes;

  const columns = new Map<string, ColumnSpan>();
  for (const { name, type } of reserved) {
    columns.set(name, { offset: col.offsets.get(name) ?? 0, itemBytes: numberBytes[type], type });
  }
  let transliterated = 0;
  for (const column of [...rowColumns.values(), ...colColumns.values()]) transliterated += column.transliterated;
  const header = image.render(matrixOffset);
  return { ...gctxRows({ header, columns, sampleCount, geneCount, storage }), transliterated };
}

/** The layout of a GCTX file whose header is made. */
export function gctxRows({
  header,
  columns,
  sampleCount,
  geneCount,
  storage,
}: Pick<GctxLayout, "header" | "columns" | "sampleCount" | "geneCount" | "storage">): GctxLayout {
  const rowBytes = geneCount * storageBytes[storage];
  const offsets = new Map([...columns].map(([name, { offset }]) => [name, offset]));
  return {
    header,
    matrixOffset: header.length,
    rowBytes,
    columns,
    fixed: [{ offset: 0, bytes: header }],
    sectionRows: sampleCount,
    sections: [{ rowsOffset: header.length, columns: offsets }],
    columnTypes: new Map([...columns].map(([name, { type }]) => [name, type])),
    storage,
    sampleCount,
    geneCount,
    totalBytes: header.length + sampleCount * rowBytes,
    transliterated: 0,
  };
}

/** Places raw data and header of every column; returns both addresses by name. */
function placeColumns(image: Image, columns: ReadonlyMap<string, GctxColumn>, count: number) {
  const headers = new Map<string, number>();
  const offsets = new Map<string, number>();
  for (const [name, { type, itemBytes, write }] of columns) {
    const bytes = count * itemBytes;
    const address = image.reserve(bytes, write);
    offsets.set(name, address);
    headers.set(name, image.place(datasetHeader({ type, dims: [count], address, bytes })));
  }
  return { headers, offsets };
}

function attributeMessages(attributes: Readonly<Record<string, string>>): Uint8Array[] {
  return Object.entries({ ...attributes, version: "GCTX1.0" }).map(([name, value]) => {
    const ascii = transliterate(value);
    if (ascii.length <= maxAttributeBytes) return attribute(name, ascii);
    const expected = `at most ${maxAttributeBytes} characters`;
    throw new AppError("usage", { what: `attribute ${name} is too long`, expected, got: `${ascii.length}` });
  });
}
