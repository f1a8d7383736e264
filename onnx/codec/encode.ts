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
import { bytesOf } from "./tensor-bytes.ts";

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
  const inside = initializersOf(model.graph)
    .filter(([name]) => placement(name) === undefined)
    .reduce((bytes, [, { data }]) => bytes + data.byteLength, 0);
  if (inside > messageLimit) {
    throw new AppError("bad-model", {
      what: "the weights do not fit into one file",
      expected: "at most 2 GiB",
      got: `${inside} bytes`,
      advice: "Write them as external data",
    });
  }
  const written = onnx.ModelProto.encode({
    irVersion: model.irVersion,
    producerName: model.producer.name,
    producerVersion: model.producer.version,
    graph: graphProto(model.graph, placement),
    opsetImport: [{ domain: "", version: model.opset }],
    metadataProps: sorted(model.metadata).map(([key, value]) => ({ key, value })),
  }).finish();
  // Small messages lie in a pool that Node shares; a caller may transfer the buffer.
  return written.buffer.byteLength === written.length ? new Uint8Array(written.buffer) : Uint8Array.from(written);
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
  const head = { name, dims: [...tensor.dims], dataType: Number(elementCodes[tensor.type]) };
  if (place === undefined) return { ...head, rawData: bytesOf(tensor) };
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
