/**
 * Models to ONNX bytes; equal models give equal bytes.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import { isGraph, isList, isTensor, subgraphsOf } from "../attributes.ts";
import { elementCodes } from "../element.ts";
import type { Attribute as AttributeValue, Graph, Model, Node, Tensor, ValueInfo } from "../graph.ts";
import { attributeSpec } from "../signatures.ts";
import {
  type Attribute,
  type GraphProto,
  type NodeProto,
  onnx,
  type TensorProto,
  toInt64,
  type ValueInfoProto,
} from "./proto.ts";
import { bytesOf, piecesOf, storedLength } from "./tensor-bytes.ts";

/** Where an initializer's data lies when it is not in the graph's file. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** The place outside of an initializer, or `undefined` for one that stays inside. */
export type Placement = (name: string) => ExternalPlace | undefined;

const messageLimit = 2 ** 31 - 1;

/**
 * One self-contained file.
 * @returns Bytes in their own buffer.
 * @throws AppError `bad-model` when the weights exceed protobuf's 2 GiB.
 */
export function encodeModel(model: Model): Uint8Array {
  return encodePlaced(model, () => undefined);
}

/** As {@link encodeModel}, with some initializers' data elsewhere. */
export function encodePlaced(model: Model, placement: Placement): Uint8Array {
  const { bytes, pieces } = encodePieces(model, placement);
  const whole = new Uint8Array(bytes);
  let end = 0;
  for (const piece of pieces) {
    whole.set(piece, end);
    end += piece.length;
  }
  return whole;
}

/** A file that is made while it is written. */
export interface EncodedPieces {
  /** Its length. */
  readonly bytes: number;
  /**
   * The file in order: the graph's parts, and the weights between them as views that copy nothing. A piece is only valid
   * until the next is asked for.
   */
  readonly pieces: Iterable<Uint8Array>;
  /** Where in the file the values of each outermost initializer that stays inside lie. */
  readonly inside: ReadonlyMap<string, Omit<ExternalPlace, "location">>;
}

/**
 * As {@link encodePlaced}, without ever holding the file: messages are framed by hand around the weights.
 * @throws AppError `bad-model` when the weights inside exceed protobuf's 2 GiB.
 */
export function encodePieces(model: Model, placement: Placement): EncodedPieces {
  refuseLarge(model, placement);
  const { graph } = model;
  const { ModelProto, GraphProto } = onnx;
  const { node, name, input, output } = graphProto({ ...graph, initializers: new Map() }, placement);
  const parts: Part[] = [GraphProto.encode({ node: node ?? [], name: name ?? "" }).finish()];
  for (const [own, tensor] of graph.initializers) parts.push(...tensorParts(tensor, own, placement(own)));
  parts.push(GraphProto.encode({ input: input ?? [], output: output ?? [] }).finish());
  // Fields in the order of their numbers (onnx.proto): 1 to 3 before the graph, which is 7, and 8 and 14 behind it.
  const { irVersion, producer } = model;
  const before = { irVersion, producerName: producer.name, producerVersion: producer.version };
  const behind = {
    opsetImport: [{ domain: "", version: model.opset }],
    metadataProps: sorted(model.metadata).map(([key, value]) => ({ key, value })),
  };
  const length = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  const all = [ModelProto.encode(before).finish(), delimiter(7, length), ...parts, ModelProto.encode(behind).finish()];
  return { ...placed(all), pieces: { [Symbol.iterator]: () => piecesIn(all) } };
}

function refuseLarge({ graph }: Model, placement: Placement): void {
  const inside = initializersOf(graph)
    .filter(([name]) => placement(name) === undefined)
    .reduce((bytes, [, tensor]) => bytes + storedLength(tensor), 0);
  if (inside <= messageLimit) return;
  throw new AppError("bad-model", {
    what: "the weights do not fit into one file",
    expected: "at most 2 GiB",
    got: `${inside} bytes`,
    advice: "Write them as external data",
  });
}

/** Bytes of a file, or a tensor's values. */
type Part = Uint8Array | { readonly name: string; readonly tensor: Tensor };

function lengthOf(part: Part): number {
  return part instanceof Uint8Array ? part.length : storedLength(part.tensor);
}

/** A field that holds bytes (wire type 2): its key and its length; a number takes 7 bits a byte, low ones first. */
function delimiter(field: number, length: number): Uint8Array {
  const bytes = [field * 8 + 2];
  let rest = length;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

/** A tensor as field 5 of its graph, its values as field 9 of itself, behind which an inner tensor has no other. */
function tensorParts(tensor: Tensor, name: string, place: ExternalPlace | undefined): Part[] {
  const head = onnx.TensorProto.encode(tensorHead(tensor, name, place)).finish();
  if (place !== undefined) return [delimiter(5, head.length), head];
  const bytes = storedLength(tensor);
  const key = delimiter(9, bytes);
  return [delimiter(5, head.length + key.length + bytes), head, key, { name, tensor }];
}

function placed(parts: readonly Part[]): Omit<EncodedPieces, "pieces"> {
  const inside = new Map<string, Omit<ExternalPlace, "location">>();
  let end = 0;
  for (const part of parts) {
    if (!(part instanceof Uint8Array)) inside.set(part.name, { offset: end, length: lengthOf(part) });
    end += lengthOf(part);
  }
  return { bytes: end, inside };
}

function* piecesIn(parts: readonly Part[]): Generator<Uint8Array, void> {
  for (const part of parts)
    if (part instanceof Uint8Array) yield part;
    else yield* piecesOf(part.tensor);
}

/** Initializers of a graph and its subgraphs, in order. */
export function initializersOf(graph: Graph): readonly (readonly [string, Tensor])[] {
  return [...graph.initializers, ...graph.nodes.flatMap((node) => subgraphsOf(node).flatMap(initializersOf))];
}

/** Entries by key, so that the order in which an object was made leaves no trace. */
function sorted<V>(record: Readonly<Record<string, V>>): readonly (readonly [string, V])[] {
  return Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function graphProto(graph: Graph, placement: Placement): GraphProto {
  return {
    name: graph.name,
    input: graph.inputs.map(valueProto),
    output: graph.outputs.map(valueProto),
    initializer: [...graph.initializers].map(([name, tensor]) => tensorProto(tensor, name, placement(name))),
    node: graph.nodes.map((node) => nodeProto(node, placement)),
  };
}

function valueProto({ name, type, dims }: ValueInfo): ValueInfoProto {
  const dim = dims.map((length) => (typeof length === "number" ? { dimValue: length } : { dimParam: length }));
  return { name, type: { tensorType: { elemType: Number(elementCodes[type]), shape: { dim } } } };
}

function tensorProto(tensor: Tensor, name: string, place: ExternalPlace | undefined): TensorProto {
  const head = tensorHead(tensor, name, place);
  return place === undefined ? { ...head, rawData: bytesOf(tensor) } : head;
}

/** All of a tensor but values that lie inside. */
function tensorHead(tensor: Tensor, name: string, place: ExternalPlace | undefined): TensorProto {
  const head = { name, dims: [...tensor.dims], dataType: Number(elementCodes[tensor.type]) };
  if (place === undefined) return head;
  return {
    ...head,
    dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
    externalData: [
      { key: "location", value: place.location },
      { key: "offset", value: `${place.offset}` },
      { key: "length", value: `${place.length}` },
    ],
  };
}

function nodeProto(node: Node, placement: Placement): NodeProto {
  return {
    input: [...node.inputs],
    output: [...node.outputs],
    name: node.name,
    opType: node.op,
    attribute: sorted(node.attributes).map(([name, value]) => {
      const kind = attributeSpec(node.op, name)?.kind;
      return { name, ...attributeProto(value, { placement, emptyIsFloats: kind === "floats" }) };
    }),
  };
}

function attributeProto(
  value: AttributeValue,
  { placement, emptyIsFloats }: { readonly placement: Placement; readonly emptyIsFloats: boolean },
): Attribute {
  const types = onnx.AttributeProto.AttributeType;
  if (typeof value === "number") return { type: types.FLOAT, f: value };
  if (typeof value === "bigint") return { type: types.INT, i: toInt64(value) };
  if (typeof value === "string") return { type: types.STRING, s: new TextEncoder().encode(value) };
  if (isGraph(value)) return { type: types.GRAPH, g: graphProto(value, placement) };
  if (isTensor(value)) return { type: types.TENSOR, t: tensorProto(value, "", undefined) };
  if (!isList(value)) throw new Error("an attribute is none of the kinds");
  const ints = value.flatMap((item) => (typeof item === "bigint" ? [toInt64(item)] : []));
  if (ints.length > 0 || (value.length === 0 && !emptyIsFloats)) return { type: types.INTS, ints };
  return { type: types.FLOATS, floats: value.map(Number) };
}
