import { elementCount } from "./element.ts";

/** Where the values of a {@link StoredTensor} come from. */
export interface StoredValues {
  readonly dims: readonly number[];
  /** The values in order, row-major, in parts of a bounded size; a part is only valid until the next is asked for. */
  readonly parts: () => Iterable<Float32Array>;
}

/**
 * A float32 tensor whose values stay where they are stored until they are needed: a `Tensor` like any other, except that
 * `data` is made anew at every access and belongs to the receiver. Who handles large tensors goes by `parts`. A copy by
 * `{ ...tensor }` is a plain tensor that holds its values.
 */
export class StoredTensor implements StoredValues {
  readonly type = "float32";
  readonly dims: readonly number[];
  readonly parts: () => Iterable<Float32Array>;
  declare readonly data: Float32Array;

  constructor({ dims, parts }: StoredValues) {
    this.dims = dims;
    this.parts = parts;
    // An own property, so that copies of the object have it.
    Object.defineProperty(this, "data", { enumerable: true, get: () => this.#whole() });
  }

  #whole(): Float32Array {
    const values = new Float32Array(elementCount(this.dims));
    let start = 0;
    for (const part of this.parts()) {
      values.set(part, start);
      start += part.length;
    }
    return values;
  }
}
