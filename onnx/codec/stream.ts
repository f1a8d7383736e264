/**
 * Large models: the graph's file and, beside it, its weights, both as streams of views that copy nothing.
 * @module
 */
import type { Model, Tensor } from "../graph.ts";
import { type ExternalPlace, encodePieces, initializersOf } from "./encode.ts";
import { piecesOf, storedLength } from "./tensor-bytes.ts";

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

/** A model in one or two files, made while they are written; a piece is only valid until the next is asked for. */
export interface StreamedModel {
  /** The graph's file in order. */
  readonly graph: Iterable<Uint8Array>;
  /** Bytes of the data file; 0 when there is none. */
  readonly dataBytes: number;
  /** The data file in order, as views of the model's arrays (int4 is packed into new ones). */
  readonly data: Iterable<Uint8Array>;
  /** Where the values of every outermost initializer lie; those without a location lie in the graph's file. */
  readonly places: ReadonlyMap<string, Place>;
}

/** Where in which file values lie. */
export type Place = Omit<ExternalPlace, "location"> & Partial<Pick<ExternalPlace, "location">>;

/** Encodes with the weights outside when they are large. @throws AppError `bad-model` as `encodeModel`. */
export function encodeModelStreamed(
  model: Model,
  { externalName, thresholdBytes = 2 ** 30 }: StreamOptions,
): StreamedModel {
  const initializers = initializersOf(model.graph);
  const total = initializers.reduce((bytes, [, tensor]) => bytes + storedLength(tensor), 0);
  const outside =
    total > thresholdBytes ? initializers.filter(([, tensor]) => storedLength(tensor) >= smallestExternalBytes) : [];
  const places = new Map<string, ExternalPlace>();
  let end = 0;
  for (const [name, tensor] of outside) {
    const offset = Math.ceil(end / pageBytes) * pageBytes;
    const length = storedLength(tensor);
    places.set(name, { location: externalName, offset, length });
    end = offset + length;
  }
  const { pieces, inside } = encodePieces(model, (name) => places.get(name));
  return {
    graph: pieces,
    dataBytes: end,
    data: { [Symbol.iterator]: () => pages(outside.map(([, tensor]) => tensor)) },
    places: new Map<string, Place>([...places, ...inside]),
  };
}

function* pages(tensors: readonly Tensor[]): Generator<Uint8Array, void> {
  let end = 0;
  for (const tensor of tensors) {
    const gap = (pageBytes - (end % pageBytes)) % pageBytes;
    if (gap > 0) yield new Uint8Array(gap);
    yield* piecesOf(tensor);
    end += gap + storedLength(tensor);
  }
}
