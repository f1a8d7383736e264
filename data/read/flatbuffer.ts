/**
 * FlatBuffers read in place, the part that Arrow's metadata needs (flatbuffers.dev/internals). An offset that leads out
 * of the buffer throws the engine's RangeError: whoever knows what is read translates it.
 * @module
 */

/** The root table of a buffer. */
export function flatRoot(bytes: Uint8Array): FlatTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new FlatTable(view, view.getUint32(0, true));
}

/** A table; fields go by their ids in the schema. */
export class FlatTable {
  readonly #view: DataView;
  readonly #at: number;

  constructor(view: DataView, at: number) {
    this.#view = view;
    this.#at = at;
  }

  int8(field: number, absent = 0): number {
    const at = this.#place(field);
    return at === undefined ? absent : this.#view.getInt8(at);
  }

  int16(field: number, absent = 0): number {
    const at = this.#place(field);
    return at === undefined ? absent : this.#view.getInt16(at, true);
  }

  int32(field: number, absent = 0): number {
    const at = this.#place(field);
    return at === undefined ? absent : this.#view.getInt32(at, true);
  }

  int64(field: number, absent = 0): number {
    const at = this.#place(field);
    return at === undefined ? absent : Number(this.#view.getBigInt64(at, true));
  }

  string(field: number): string | undefined {
    const at = this.#target(field);
    if (at === undefined) return undefined;
    const { buffer, byteOffset } = this.#view;
    return new TextDecoder().decode(new Uint8Array(buffer, byteOffset + at + 4, this.#count(at, 1)));
  }

  table(field: number): FlatTable | undefined {
    const at = this.#target(field);
    return at === undefined ? undefined : new FlatTable(this.#view, at);
  }

  /** Tables of a vector; none where it is absent. */
  tables(field: number): readonly FlatTable[] {
    const at = this.#target(field);
    if (at === undefined) return [];
    return Array.from(
      { length: this.#count(at, 4) },
      (_, i) => new FlatTable(this.#view, this.#follow(at + 4 + 4 * i)),
    );
  }

  /** Structs of a vector whose members are int64 (or an int32 padded to 8 bytes with zeros), `members` each. */
  structs(field: number, members: number): readonly (readonly number[])[] {
    const at = this.#target(field);
    if (at === undefined) return [];
    return Array.from({ length: this.#count(at, 8 * members) }, (_, i) =>
      Array.from({ length: members }, (_none, j) =>
        Number(this.#view.getBigInt64(at + 4 + 8 * (i * members + j), true)),
      ),
    );
  }

  /** Length of the vector at `at`, all of whose items lie in the buffer. */
  #count(at: number, itemBytes: number): number {
    const count = this.#view.getUint32(at, true);
    if (at + 4 + count * itemBytes > this.#view.byteLength) throw new RangeError(`a vector of ${count} items`);
    return count;
  }

  #target(field: number): number | undefined {
    const at = this.#place(field);
    return at === undefined ? undefined : this.#follow(at);
  }

  #follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  /** Where a field's value lies; undefined for one that is not stored. */
  #place(field: number): number | undefined {
    const vtable = this.#at - this.#view.getInt32(this.#at, true);
    if (4 + 2 * field >= this.#view.getUint16(vtable, true)) return undefined;
    const offset = this.#view.getUint16(vtable + 4 + 2 * field, true);
    return offset === 0 ? undefined : this.#at + offset;
  }
}
