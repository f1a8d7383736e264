/**
 * Large models: a small graph file, and the weights beside it as a stream of views that copies nothing.
 * @module
 */
import type { Model, Tensor } from "../graph.ts";
import { type ExternalPlace, encodePlaced, initializersOf } from "./encode.ts";
import { bytesOf } from "./tensor-bytes.ts";

/** Tensors start at multiples of a memory page, so that a runtime can map the file. */
const pageBytes = 4096;
/** Smaller tensors stay in the graph, where shape inference finds them. */
const smallestExternalBytes = 1024;

export interface StreamOptions {
  /** Name of the data file as the graph refers to it, beside the graph's file. */
  readonly externalName: string;
  /** Total bytes of initializers up to which everything stays in the graph; 1 GiB by default. */
  readonly thresholdBytes?: number;
}

/** A model in one or two files. */
export interface StreamedModel {
  /** The graph's file. */
  readonly graph: Uint8Array;
  /** Bytes of the data file; 0 when there is none. */
  readonly dataBytes: number;
  /** The data file in order, as views of the model's arrays: write them before the model is changed or released. */
  readonly data: Iterable<Uint8Array>;
}

/** Encodes with the weights outside when they are large. @throws AppError `bad-model` as `encodeModel`. */
export function encodeModelStreamed(
  model: Model,
  { externalName, thresholdBytes = 2 ** 30 }: StreamOptions,
): StreamedModel {
  const initializers = initializersOf(model.graph);
  const total = initializers.reduce((bytes, [, { data }]) => bytes + data.byteLength, 0);
  const outside =
    total > thresholdBytes ? initializers.filter(([, { data }]) => data.byteLength >= smallestExternalBytes) : [];
  const places = new Map<string, ExternalPlace>();
  let end = 0;
  for (const [name, { data }] of outside) {
    const offset = Math.ceil(end / pageBytes) * pageBytes;
    places.set(name, { location: externalName, offset, length: data.byteLength });
    end = offset + data.byteLength;
  }
  return {
    graph: encodePlaced(model, (name) => places.get(name)),
    dataBytes: end,
    data: { [Symbol.iterator]: () => chunks(outside.map(([, tensor]) => tensor)) },
  };
}

function* chunks(tensors: readonly Tensor[]): Generator<Uint8Array, void> {
  let end = 0;
  for (const tensor of tensors) {
    const gap = (pageBytes - (end % pageBytes)) % pageBytes;
    if (gap > 0) yield new Uint8Array(gap);
    const bytes = bytesOf(tensor);
    yield bytes;
    end += gap + bytes.length;
  }
}
