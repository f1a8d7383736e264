import { AppError } from "../../schemas/errors.ts";

/**
 * Header of a NumPy file (format 1.0, numpy/lib/format.py) that `[rows, columns]` little-endian float32 in row-major
 * order follow; its length is a multiple of 64.
 */
export function npyHeader(rows: number, columns: number): Uint8Array {
  const description = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${columns}), }`;
  const length = Math.ceil((10 + description.length + 1) / 64) * 64;
  const text = `${description.padEnd(length - 11)}\n`;
  const header = new Uint8Array(length);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(header.buffer).setUint16(8, length - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  return header;
}

/**
 * The bytes of a `.npy` file `[rows, columns]` from blocks of whole rows as they come; only the block in hand is held,
 * and its bytes are a view of it.
 * @throws AppError `internal` when a block has no whole rows, or the blocks come to another number of rows: the header,
 * written first, would lie.
 */
export async function* npyPieces(
  { rows, columns }: { readonly rows: number; readonly columns: number },
  blocks: AsyncIterable<Float32Array>,
): AsyncGenerator<Uint8Array> {
  yield npyHeader(rows, columns);
  let got = 0;
  for await (const { buffer, byteOffset, byteLength, length } of blocks) {
    got += length / columns;
    if (got > rows || length % columns !== 0) break;
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
  if (got !== rows)
    throw new AppError("internal", {
      what: "the blocks of a matrix do not come to its rows",
      expected: `${rows} × ${columns} values`,
      got: `${got} rows or more`,
    });
}
