import { open } from "node:fs/promises";
import { datasetHeader, numberType } from "../../data/write/hdf5/messages.ts";

/** Bytes searched at once. */
const pieceBytes = 2 ** 20;

/**
 * Where the matrix `[samples, genes]` begins in a GCTX file that our writer laid out: contiguous float32, to the end of
 * the file. Undefined for any other file. The proof is the matrix's own object header: the bytes that the writer puts
 * for a matrix of this shape at that very place must be in the file.
 */
export async function contiguousMatrix(
  path: string,
  { samples, genes }: { readonly samples: number; readonly genes: number },
): Promise<number | undefined> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  const bytes = samples * genes * 4;
  const offset = size - bytes;
  if (offset <= 0) return undefined;
  const shape = { type: numberType.float32, dims: [samples, genes], address: offset, bytes };
  const header = Buffer.from(datasetHeader(shape));
  // Pieces overlap by a header, which may lie across a border.
  const piece = Buffer.alloc(pieceBytes + header.length);
  for (let start = 0; start < offset; start += pieceBytes) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.length, offset - start), start);
    if (piece.subarray(0, bytesRead).includes(header)) return offset;
  }
  return undefined;
}
