/**
 * A feed-forward net as data: what lowering reads. Made from a tfjs `model.json` by `export/read/`.
 * @module
 */

/** An output of a call of a layer: tfjs' `[layer, node index, tensor index]`. */
export interface TensorRef {
  readonly layer: string;
  /** Which call of the layer: a shared layer has several. */
  readonly node: number;
  readonly tensor: number;
}

/** A layer with the Keras configuration it was saved with (snake_case keys), not yet validated. */
export interface Layer {
  readonly name: string;
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** One application of a layer to values. */
export interface LayerCall {
  readonly layer: string;
  readonly node: number;
  readonly inputs: readonly TensorRef[];
}

/** Layers and the calls between them. */
export interface Topology {
  readonly name: string;
  readonly layers: ReadonlyMap<string, Layer>;
  /** The calls that outputs depend on, each after the calls it reads. */
  readonly calls: readonly LayerCall[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}
