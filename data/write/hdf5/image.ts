/**
 * Bytes of a file whose parts refer to each other by address: parts reserve their place in order, and write themselves
 * once every address is known. Nothing is kept per part but its place, so large parts are written only once.
 */
export class Image {
  #end = 0;
  readonly #parts: { readonly at: number; readonly bytes: number; readonly write: (into: Uint8Array) => void }[] = [];

  /** Where the next part will begin at the earliest. */
  get end(): number {
    return this.#end;
  }

  /** Reserves `bytes` zeroed bytes, 8-aligned, and returns their address; `write` fills them when it is rendered. */
  reserve(bytes: number, write: (into: Uint8Array) => void): number {
    const at = Math.ceil(this.#end / 8) * 8;
    this.#parts.push({ at, bytes, write });
    this.#end = at + bytes;
    return at;
  }

  /** Places ready bytes and returns their address. */
  place(bytes: Uint8Array): number {
    return this.reserve(bytes.length, (into) => into.set(bytes));
  }

  /** The bytes `[0, length)` of the file; owned by the caller. */
  render(length: number): Uint8Array {
    const file = new Uint8Array(length);
    for (const { at, bytes, write } of this.#parts) write(file.subarray(at, at + bytes));
    return file;
  }
}
