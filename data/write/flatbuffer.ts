/**
 * FlatBuffers, the part that Arrow's metadata needs (flatbuffers.dev/internals): a table is written, then what it points
 * to, so that every offset points forward.
 * @module
 */

/** The value of a table's field. */
export type FlatValue =
  | { readonly type: "int8" | "int16" | "int32" | "int64"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "table"; readonly value: FlatTable }
  | { readonly type: "tables"; readonly value: readonly FlatTable[] }
  /** Structs made of int64 alone: their members end to end, `members` each. */
  | { readonly type: "structs"; readonly value: readonly number[]; readonly members: number };

/** Fields by their ids in the schema; undefined: the default. */
export type FlatTable = readonly (FlatValue | undefined)[];

const fieldBytes = { int8: 1, int16: 2, int32: 4, int64: 8, string: 4, table: 4, tables: 4, structs: 4 } as const;

/** A finished buffer with `root` as its root table; its length is a multiple of 8. */
export function flatBuffer(root: FlatTable): Uint8Array {
  const writer = new FlatWriter();
  const at = writer.reserve(4, 8);
  writer.point(at, writer.table(root));
  return writer.finish();
}

/** Bytes that grow; all alignments count from the buffer's start. */
class FlatWriter {
  #bytes = new Uint8Array(1024);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;

  /** Reserves zeroed bytes, so that the byte `align - before` of the place is aligned, and returns their address. */
  reserve(bytes: number, align: number, before = 0): number {
    const at = Math.ceil((this.#end + before) / align) * align - before;
    this.#end = at + bytes;
    if (this.#end > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#end);
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    return at;
  }

  /** Stores at `at` how far ahead `to` is. */
  point(at: number, to: number): void {
    this.#view.setUint32(at, to - at, true);
  }

  /** Vtable, table, then what it points to; returns the table's address. */
  table(fields: FlatTable): number {
    const places: number[] = [];
    let inline = 4;
    for (const field of fields) {
      const bytes = field === undefined ? 0 : fieldBytes[field.type];
      if (bytes > 0) inline = Math.ceil(inline / bytes) * bytes;
      places.push(bytes === 0 ? 0 : inline);
      inline += bytes;
    }
    const vtable = this.reserve(4 + 2 * fields.length, 2);
    const table = this.reserve(inline, 8);
    this.#view.setInt32(table, table - vtable, true);
    for (const [i, value] of [4 + 2 * fields.length, inline, ...places].entries())
      this.#view.setUint16(vtable + 2 * i, value, true);
    for (const [i, field] of fields.entries()) if (field !== undefined) this.#field(table + (places[i] ?? 0), field);
    return table;
  }

  finish(): Uint8Array {
    this.reserve(0, 8);
    return this.#bytes.slice(0, this.#end);
  }

  #field(at: number, field: FlatValue): void {
    switch (field.type) {
      case "int8":
        return this.#view.setInt8(at, field.value);
      case "int16":
        return this.#view.setInt16(at, field.value, true);
      case "int32":
        return this.#view.setInt32(at, field.value, true);
      case "int64":
        return this.#view.setBigInt64(at, BigInt(field.value), true);
      case "string":
        return this.point(at, this.#string(field.value));
      case "table":
        return this.point(at, this.table(field.value));
      case "tables":
        return this.point(at, this.#tables(field.value));
      case "structs":
        return this.point(at, this.#structs(field.value, field.members));
    }
  }

  /** Length, UTF-8, NUL. */
  #string(text: string): number {
    const encoded = new TextEncoder().encode(text);
    const at = this.reserve(4 + encoded.length + 1, 4);
    this.#view.setUint32(at, encoded.length, true);
    this.#bytes.set(encoded, at + 4);
    return at;
  }

  #tables(tables: readonly FlatTable[]): number {
    const at = this.reserve(4 + 4 * tables.length, 4);
    this.#view.setUint32(at, tables.length, true);
    for (const [i, table] of tables.entries()) this.point(at + 4 + 4 * i, this.table(table));
    return at;
  }

  /** The members are 8-aligned, their count lies before them. */
  #structs(values: readonly number[], members: number): number {
    const at = this.reserve(4 + 8 * values.length, 8, 4);
    this.#view.setUint32(at, values.length / members, true);
    for (const [i, value] of values.entries()) this.#view.setBigInt64(at + 4 + 8 * i, BigInt(value), true);
    return at;
  }
}
