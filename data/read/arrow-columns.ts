/**
 * Metadata columns of an Arrow file, out of all its record batches (Arrow columnar format 1.4, "Physical Memory Layout").
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { ByteSource } from "../source.ts";
import type { ArrowBatch, ArrowField } from "./arrow-file.ts";
import { clearMissing } from "./missing.ts";
import { type CellType, cellBytes, readNumbers } from "./number-cells.ts";

/** The bytes of a field's buffer in a batch, by its number among the field's own. */
async function bufferOf(source: ByteSource, batch: ArrowBatch, index: number): Promise<Uint8Array> {
  const { offset = 0, bytes = 0 } = batch.buffers[index] ?? {};
  return bytes === 0 ? new Uint8Array(0) : await source.slice(offset, offset + bytes);
}

/** Texts of a column; a null is "". @throws AppError `bad-data` when offsets lead out of the batch */
export async function textColumn(
  source: ByteSource,
  field: ArrowField,
  batches: readonly ArrowBatch[],
): Promise<string[]> {
  const decoder = new TextDecoder();
  const all: string[] = [];
  for (const batch of batches) {
    const isThere = await validity(source, field, batch);
    const offsets = await bufferOf(source, batch, field.buffer + 1);
    const bytes = await bufferOf(source, batch, field.buffer + 2);
    requireBytes(source, { field, got: offsets.length, expected: batch.rows === 0 ? 0 : 4 * (batch.rows + 1) });
    const view = new DataView(offsets.buffer, offsets.byteOffset, offsets.byteLength);
    for (let row = 0; row < batch.rows; row++) {
      const [from, to] = [view.getInt32(4 * row, true), view.getInt32(4 * row + 4, true)];
      if (from < 0 || to < from || to > bytes.length) requireBytes(source, { field, got: bytes.length, expected: to });
      all.push(isThere(row) ? decoder.decode(bytes.subarray(from, to)) : "");
    }
  }
  return all;
}

/** Numbers of a column; a null is NaN. @throws AppError `bad-data` */
export async function numberColumn(
  source: ByteSource,
  { field, type }: { readonly field: ArrowField; readonly type: CellType },
  batches: readonly ArrowBatch[],
): Promise<Float64Array> {
  const all = new Float64Array(batches.reduce((sum, { rows }) => sum + rows, 0));
  let start = 0;
  for (const batch of batches) {
    const isThere = await validity(source, field, batch);
    const bytes = await bufferOf(source, batch, field.buffer + 1);
    requireBytes(source, { field, got: bytes.length, expected: batch.rows * cellBytes[type] });
    const part = all.subarray(start, start + batch.rows);
    readNumbers(bytes, type, part);
    for (let row = 0; row < batch.rows; row++) if (!isThere(row)) part[row] = Number.NaN;
    start += batch.rows;
  }
  clearMissing(all);
  return all;
}

async function validity(source: ByteSource, field: ArrowField, batch: ArrowBatch): Promise<(row: number) => boolean> {
  if (batch.nulls[field.node] === 0) return () => true;
  const bits = await bufferOf(source, batch, field.buffer);
  requireBytes(source, { field, got: bits.length, expected: Math.ceil(batch.rows / 8) });
  return (row) => (((bits[row >> 3] as number) >> (row & 7)) & 1) === 1;
}

/** @throws AppError `bad-data` when a buffer is shorter than its batch needs */
export function requireBytes(
  { label }: ByteSource,
  { field, got, expected }: { readonly field: ArrowField; readonly got: number; readonly expected: number },
): void {
  if (got >= expected) return;
  throw new AppError("bad-data", {
    what: "a record batch holds less than it promises",
    where: `${label}, column ${field.name}`,
    expected: `${expected} bytes`,
    got: `${got}`,
  });
}
