import { float32TextBytes, writeFloat32 } from "./float32-text.ts";

/** Collects text and numbers as UTF-8 bytes, to be handed on in pieces of about a MiB. */
export class TextBuffer {
  #bytes = new Uint8Array(1 << 20);
  #end = 0;
  readonly #encoder = new TextEncoder();

  /** True when there is enough for a piece. */
  get isFull(): boolean {
    return this.#end >= 1 << 20;
  }

  /** Adds text. */
  text(text: string): void {
    this.#ensure(3 * text.length);
    this.#end += this.#encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written;
  }

  /** Adds numbers, each after a separator (an ASCII code). */
  numbers(values: Float32Array, separator: number): void {
    this.#ensure(values.length * (1 + float32TextBytes));
    const bytes = this.#bytes;
    let end = this.#end;
    for (let i = 0; i < values.length; i++) {
      bytes[end++] = separator;
      end = writeFloat32(values[i] ?? Number.NaN, bytes, end);
    }
    this.#end = end;
  }

  /** What was added since the last time; owned by the caller. */
  take(): Uint8Array {
    const piece = this.#bytes.slice(0, this.#end);
    this.#end = 0;
    return piece;
  }

  #ensure(more: number): void {
    if (this.#end + more <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#end + more, 2 * this.#bytes.length));
    larger.set(this.#bytes.subarray(0, this.#end));
    this.#bytes = larger;
  }
}
