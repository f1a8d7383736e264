/** What the system's pages are multiples of, and what disks take at once. */
export const pageBytes = 4096;

/** What Node has of WebAssembly, as far as it is used here: TypeScript declares it with the DOM only. */
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
};

/** WebAssembly's pages, of which its memory is made. */
const wasmPageBytes = 65_536;

/** Buffers that begin at a page of memory, kept to be used again. */
export class PageBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];

  /** A buffer of at least so many bytes, with whatever it held before; the caller's until given back. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const at = this.#free.findIndex(({ length }) => length >= bytes);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    return found ?? pages(bytes);
  }

  /** Gives a buffer back. */
  give(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
  }
}

/** JavaScript's own memory begins anywhere; WebAssembly's at a page, as its code relies on (V8 maps it from the system). */
function pages(bytes: number): Uint8Array<ArrayBuffer> {
  const { buffer } = new WebAssembly.Memory({ initial: Math.ceil(bytes / wasmPageBytes) });
  return new Uint8Array(buffer);
}
