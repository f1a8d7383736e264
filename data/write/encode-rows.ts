import { AppError, type ValueStorage } from "../../schemas/index.ts";
import { toHalf } from "./half.ts";

/** Columns of consecutive rows: `values` is `[rows, columns]`, row-major. */
export interface RowPart {
  readonly values: Float32Array;
  readonly columns: number;
}

/**
 * The bytes of some rows as they are stored, in order; a row is the parts' rows end to end. Of float32 they are views of
 * the values (one a row and part, for gathering in the kernel spares a copy), of float16 new bytes.
 * @throws AppError `bad-data` for values that float16 cannot hold
 */
export function encodeRows(parts: readonly RowPart[], rows: number, storage: ValueStorage): Uint8Array[] {
  return storage === "float32" ? rowViews(parts, rows) : [halfRows(parts, rows)];
}

function rowViews(parts: readonly RowPart[], rows: number): Uint8Array[] {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return [bytesOf(first.values.subarray(0, rows * first.columns))];
  const bytes = parts.map(({ values, columns }) => ({ of: bytesOf(values), rowBytes: 4 * columns }));
  const views: Uint8Array[] = [];
  for (let row = 0; row < rows; row++) {
    for (const { of, rowBytes } of bytes) views.push(of.subarray(row * rowBytes, (row + 1) * rowBytes));
  }
  return views;
}

function halfRows(parts: readonly RowPart[], rows: number): Uint8Array {
  const width = parts.reduce((sum, { columns }) => sum + columns, 0);
  const halves = new Uint16Array(rows * width);
  let overflows = 0;
  for (let row = 0, at = 0; row < rows; row++) {
    for (const { values, columns } of parts) {
      const cells = values.subarray(row * columns, (row + 1) * columns);
      overflows += toHalf(cells, halves.subarray(at, at + columns));
      at += columns;
    }
  }
  if (overflows === 0) return bytesOf(halves);
  throw new AppError("bad-data", {
    what: `${overflows} values are too large for float16`,
    expected: "values between -65504 and 65504",
    advice: "Store float32, or bring the values to a log scale first",
  });
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
