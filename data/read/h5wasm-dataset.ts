/**
 * A dataset read by h5wasm's low-level calls: `Dataset.slice` would copy once more and decode strings wrongly where
 * their bytes are not what the file declares.
 * @module
 */
import type * as H5wasm from "h5wasm";
import { AppError } from "../../schemas/index.ts";
import { decodeText } from "./decode-text.ts";
import { fromHalf } from "./half.ts";
import type { Hdf5Dataset } from "./hdf5.ts";

/** The library once it is loaded. */
export type H5Module = Awaited<typeof H5wasm.ready>;

/** Columns are read in pieces of this size, for the wasm heap ends at 2 GiB and never shrinks. */
const pieceBytes = 16 * 2 ** 20;

/** A pointer of the 32-bit library: what a variable-length string is in its memory. */
const pointerBytes = 4;

type NumberView =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

type ViewType = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => NumberView;

/** {@link Hdf5Dataset} whose errors are still HDF5's. */
export class H5wasmDataset implements Hdf5Dataset {
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunk: readonly number[] | undefined;
  readonly kind: "text" | "number" | "other";
  readonly #module: H5Module;
  readonly #fileId: bigint;
  readonly #variable: boolean;
  readonly #itemBytes: number;
  readonly #viewType: ViewType | undefined;
  readonly #isHalf: boolean;

  constructor(module: H5Module, { fileId, path }: { readonly fileId: bigint; readonly path: string }) {
    const type = module.get_dataset_metadata(fileId, path);
    const isText = type.type === module.H5T_class_t.H5T_STRING.value;
    this.#module = module;
    this.#fileId = fileId;
    this.#variable = type.vlen;
    this.#itemBytes = type.vlen ? pointerBytes : type.size;
    this.#isHalf = type.type === module.H5T_class_t.H5T_FLOAT.value && type.size === 2;
    this.#viewType = this.#isHalf ? Uint16Array : numberView(module, type);
    this.path = path;
    this.shape = type.shape ?? [];
    this.chunk = type.chunks ?? undefined;
    this.kind = isText ? "text" : this.#viewType ? "number" : "other";
  }

  texts(): string[] {
    const all: string[] = [];
    for (const [start, end] of this.#pieces()) {
      this.#read(start, end, (pointer, count) => {
        if (this.kind === "number") for (const value of this.#numbersAt(pointer, count)) all.push(String(value));
        else if (this.#variable) this.#pushVariable(all, pointer, count);
        else this.#pushFixed(all, pointer, count);
      });
    }
    return all;
  }

  numbers(): Float64Array {
    const all = new Float64Array(this.shape[0] ?? 0);
    for (const [start, end] of this.#pieces()) {
      this.#read(start, end, (pointer, count) =>
        copyNumbers(this.#numbersAt(pointer, count), all.subarray(start, end)),
      );
    }
    return all;
  }

  rows(start: number, end: number): Float32Array {
    return this.#read(start, end, (pointer, count) => {
      const rows = new Float32Array(count);
      copyNumbers(this.#numbersAt(pointer, count), rows);
      return rows;
    });
  }

  /** Ranges of a list's elements, each small enough to be read at once. */
  *#pieces(): Generator<[start: number, end: number]> {
    const count = this.shape[0] ?? 0;
    const step = Math.max(1, Math.floor(pieceBytes / this.#itemBytes));
    for (let start = 0; start < count; start += step) yield [start, Math.min(count, start + step)];
  }

  /** Reads rows `[start, end)` of the first dimension into the heap for the time of `use(pointer, items)`. */
  #read<T>(start: number, end: number, use: (pointer: number, items: number) => T): T {
    const module = this.#module;
    const [, ...inner] = this.shape;
    const items = inner.reduce((product, size) => product * size, end - start);
    const pointer = module._malloc(Math.max(1, items * this.#itemBytes));
    if (pointer === 0) {
      throw new AppError("unavailable", {
        what: "not enough memory to read HDF5",
        where: this.path,
        got: `${items * this.#itemBytes} bytes wanted`,
        advice: "Close other files or use smaller blocks",
      });
    }
    const count = [end - start, ...inner].map(BigInt);
    const offset = [start, ...inner.map(() => 0)].map(BigInt);
    const stride = this.shape.map(() => 1n);
    try {
      const status = module.get_dataset_data(this.#fileId, this.path, count, offset, stride, BigInt(pointer));
      if (status < 0) throw new Error(`H5Dread failed with status ${status}`);
      const result = use(pointer, items);
      if (this.#variable) module.reclaim_vlen_memory_count(this.#fileId, this.path, "", BigInt(pointer), count);
      return result;
    } finally {
      module._free(pointer);
    }
  }

  /** A view of the heap, valid until the library allocates again; of half floats the values. */
  #numbersAt(pointer: number, count: number): NumberView {
    if (!this.#viewType) throw new Error(`${this.path} holds no numbers`);
    const view = new this.#viewType(this.#module.HEAPU8.buffer, pointer, count);
    if (!this.#isHalf || !(view instanceof Uint16Array)) return view;
    const values = new Float32Array(count);
    fromHalf(view, values);
    return values;
  }

  #pushFixed(texts: string[], pointer: number, count: number): void {
    const heap = this.#module.HEAPU8;
    const size = this.#itemBytes;
    for (let item = 0; item < count; item++) {
      const start = pointer + item * size;
      texts.push(paddedText(heap.subarray(start, start + size)));
    }
  }

  #pushVariable(texts: string[], pointer: number, count: number): void {
    const heap = this.#module.HEAPU8;
    for (const start of new Uint32Array(heap.buffer, pointer, count)) {
      // A null pointer is an empty string.
      texts.push(start === 0 ? "" : paddedText(heap.subarray(start, heap.indexOf(0, start))));
    }
  }
}

/** The text of a string field: all up to a NUL, without the blanks that fill it up. */
function paddedText(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  let end = nul < 0 ? bytes.length : nul;
  while (end > 0 && bytes[end - 1] === 32) end--;
  return decodeText(bytes.subarray(0, end));
}

/** How numbers of a type lie in memory (the library swaps big-endian ones); undefined for anything else. */
function numberView(module: H5Module, { type, size, signed }: H5wasm.Metadata): ViewType | undefined {
  const { H5T_FLOAT, H5T_INTEGER, H5T_ENUM } = module.H5T_class_t;
  if (type === H5T_FLOAT.value) return { 4: Float32Array, 8: Float64Array }[size];
  // Booleans of h5py are enumerations of int8.
  if (type !== H5T_INTEGER.value && type !== H5T_ENUM.value) return undefined;
  const views: Record<number, ViewType> = signed
    ? { 1: Int8Array, 2: Int16Array, 4: Int32Array, 8: BigInt64Array }
    : { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: BigUint64Array };
  return views[size];
}

function copyNumbers(from: NumberView, to: Float32Array | Float64Array): void {
  if (from instanceof BigInt64Array || from instanceof BigUint64Array) {
    for (let i = 0; i < to.length; i++) to[i] = Number(from[i]);
  } else {
    to.set(from);
  }
}
