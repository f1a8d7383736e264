/**
 * Memory for the targets of blocks, used again: what the system gives anew it first has to clear and map, page by page,
 * which costs an inference a twentieth of its time.
 */
export class TargetBuffers {
  readonly #free: Float32Array<ArrayBuffer>[] = [];

  /** So many values, which are whatever they were; the caller's until given back. */
  take(length: number): Float32Array<ArrayBuffer> {
    const whole = this.#free.pop();
    return whole === undefined || whole.length < length ? new Float32Array(length) : whole.subarray(0, length);
  }

  /** Gives back what was taken and is used no more. */
  give({ buffer }: Float32Array): void {
    if (buffer instanceof ArrayBuffer) this.#free.push(new Float32Array(buffer));
  }
}
