/**
 * ONNX bytes to models. Files of other exporters are welcome as long as they keep to the operators in use.
 * @module
 */
import { AppError, isAppError } from "../../schemas/errors.ts";
import { checkGraph } from "../check.ts";
import { elementTypeOf } from "../element.ts";
import {
  type Attribute,
  type Dim,
  type Graph,
  type Model,
  type Node,
  type OpName,
  opNames,
  type ValueInfo,
} from "../graph.ts";
import { inferShapes, throwAll } from "../infer.ts";
import { opsetRange } from "../signatures.ts";
import { decodeTensor, type ReadExternal } from "./decode-tensor.ts";
import {
  type Attribute as AttributeProto,
  fromInt64,
  type GraphProto,
  type Int64,
  type ModelProto,
  type NodeProto,
  onnx,
  type ValueInfoProto,
} from "./proto.ts";

export interface DecodeOptions {
  /** Reads weights that lie in other files; without it such a model is refused. */
  readonly readExternal?: ReadExternal;
}

/** What one decoding collects: problems are thrown together at its end. */
interface Decoding {
  readonly readExternal?: ReadExternal;
  readonly problems: AppError[];
  readonly unknownOps: Set<string>;
}

/**
 * Decodes and checks a model. Weights are views of `bytes` where their address is aligned.
 * @throws AppError `bad-model` for bytes that are no model, operators not in use (all are listed), another opset, or a
 * graph that does not pass `checkGraph`.
 */
export function decodeModel(bytes: Uint8Array, options: DecodeOptions = {}): Model {
  const proto = parse(bytes);
  if (proto.graph === undefined || proto.graph === null) throw notAModel("it has no graph");
  const opset = opsetOf(proto);
  const decoding: Decoding = { ...options, problems: [], unknownOps: new Set() };
  const declared = (proto.graph.output ?? []).filter(hasShape);
  const decoded = decodeGraph({ ...proto.graph, output: declared }, decoding);
  refuseUnknown(decoding.unknownOps);
  throwAll(decoding.problems, decoded.name);
  const graph = withOutputs(decoded, proto.graph, opset);
  checkGraph(graph, { opset });
  return {
    graph,
    opset,
    irVersion: Number(fromInt64(proto.irVersion ?? 0)),
    producer: { name: proto.producerName ?? "", version: proto.producerVersion ?? "" },
    metadata: Object.fromEntries((proto.metadataProps ?? []).map(({ key, value }) => [key ?? "", value ?? ""])),
  };
}

function notAModel(got: string, cause?: unknown): AppError {
  return new AppError("bad-model", { what: "not an ONNX model", got }, { cause });
}

/** protobufjs throws RangeError and Error for bytes that end early or make no sense. */
function parse(bytes: Uint8Array): ModelProto {
  try {
    return onnx.ModelProto.decode(bytes);
  } catch (error) {
    throw notAModel(error instanceof Error ? error.message : String(error), error);
  }
}

function opsetOf({ opsetImport, functions }: ModelProto): number {
  const [first, last] = opsetRange;
  const own = opsetImport?.find(({ domain }) => isDefaultDomain(domain));
  const opset = Number(fromInt64(own?.version ?? 0));
  if (opset < first || opset > last) {
    throw new AppError("bad-model", {
      what: "opset of ai.onnx",
      expected: `${first} to ${last}`,
      got: `${opset}`,
      advice: "Convert the model with onnx.version_converter",
    });
  }
  if (functions !== undefined && functions !== null && functions.length > 0) {
    throw new AppError("bad-model", { what: "model-local functions are not in use", advice: "Inline them" });
  }
  return opset;
}

function isDefaultDomain(domain: string | null | undefined): boolean {
  return domain === undefined || domain === null || domain === "" || domain === "ai.onnx";
}

function refuseUnknown(ops: ReadonlySet<string>): void {
  if (ops.size === 0) return;
  throw new AppError("bad-model", { what: "operators that are not in use", got: [...ops].toSorted().join(", ") });
}

function decodeGraph(proto: GraphProto, decoding: Decoding): Graph {
  if ((proto.sparseInitializer ?? []).length > 0) {
    decoding.problems.push(
      new AppError("bad-model", { what: "sparse initializers are not in use", where: proto.name ?? "" }),
    );
  }
  const initializers = new Map(
    (proto.initializer ?? []).flatMap((tensor) => {
      const decoded = attempt(decoding, () => decodeTensor(tensor, decoding.readExternal));
      return decoded === undefined ? [] : [[tensor.name ?? "", decoded]];
    }),
  );
  // Before IR version 4 initializers were listed as inputs too.
  const inputs = (proto.input ?? []).filter(({ name }) => !initializers.has(name ?? ""));
  const values = (protos: readonly ValueInfoProto[]): readonly ValueInfo[] =>
    protos.flatMap((value) => attempt(decoding, () => valueInfo(value)) ?? []);
  return {
    name: proto.name ?? "",
    inputs: values(inputs),
    outputs: values(proto.output ?? []),
    initializers,
    nodes: (proto.node ?? []).flatMap((node) => decodeNode(node, decoding) ?? []),
  };
}

function attempt<T>({ problems }: Decoding, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isAppError(error, "bad-model")) throw error;
    problems.push(error);
    return undefined;
  }
}

function hasShape({ type }: ValueInfoProto): boolean {
  const shape = type?.tensorType?.shape;
  return shape !== undefined && shape !== null;
}

/** Fills in the outputs that the file gives no shape for. */
function withOutputs(graph: Graph, proto: GraphProto, opset: number): Graph {
  const all = proto.output ?? [];
  if (all.every(hasShape)) return graph;
  const inferred = inferShapes(graph, opset);
  const declared = new Map(graph.outputs.map((output) => [output.name, output]));
  const outputs = all.map(({ name }) => declared.get(name ?? "") ?? inferred.get(name ?? ""));
  return { ...graph, outputs: outputs.filter((output) => output !== undefined) };
}

function valueInfo({ name, type }: ValueInfoProto): ValueInfo {
  const tensor = type?.tensorType;
  const elementType = elementTypeOf(tensor?.elemType ?? 0);
  if (elementType === undefined || tensor?.shape === undefined || tensor.shape === null) {
    const got = tensor?.shape ? `type ${tensor.elemType}` : "no tensor shape";
    throw new AppError("bad-model", { what: "a value without a type or shape in use", where: name ?? "", got });
  }
  const dims = (tensor.shape.dim ?? []).map(({ dimValue, dimParam }, axis): Dim => {
    const length = dimValue === undefined || dimValue === null ? -1 : Number(fromInt64(dimValue));
    if (length >= 0) return length;
    // Neither length nor name: a symbol of its own.
    return dimParam === undefined || dimParam === null || dimParam === "" ? `${name ?? ""}.${axis}` : dimParam;
  });
  return { name: name ?? "", type: elementType, dims };
}

const knownOps: ReadonlySet<string> = new Set(opNames);

function isOpName(op: string): op is OpName {
  return knownOps.has(op);
}

function decodeNode(proto: NodeProto, decoding: Decoding): Node | undefined {
  const op = proto.opType ?? "";
  // Bodies are read even when the node is unknown, so that their unknown operators are told too.
  const attributes = (proto.attribute ?? []).map(
    (attribute) => [attribute.name ?? "", decodeAttribute(attribute, decoding)] as const,
  );
  if (!isOpName(op) || !isDefaultDomain(proto.domain)) {
    decoding.unknownOps.add(isDefaultDomain(proto.domain) ? op : `${proto.domain}.${op}`);
    return undefined;
  }
  return {
    op,
    name: proto.name ?? "",
    inputs: [...(proto.input ?? [])],
    outputs: [...(proto.output ?? [])],
    attributes: Object.fromEntries(attributes.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
  };
}

type Reader = (proto: AttributeProto, decoding: Decoding) => Attribute | undefined;

const attributeTypes = onnx.AttributeProto.AttributeType;

/** Kinds in use; the others are problems. */
const attributeReaders: ReadonlyMap<number, Reader> = new Map<number, Reader>([
  [attributeTypes.FLOAT, ({ f }) => f ?? 0],
  [attributeTypes.INT, ({ i, name }, decoding) => attempt(decoding, () => exact(i ?? 0, name))],
  [attributeTypes.STRING, ({ s }) => new TextDecoder().decode(s ?? new Uint8Array())],
  [attributeTypes.TENSOR, ({ t }, decoding) => attempt(decoding, () => decodeTensor(t ?? {}, decoding.readExternal))],
  [attributeTypes.GRAPH, ({ g }, decoding) => decodeGraph(g ?? {}, decoding)],
  [attributeTypes.FLOATS, ({ floats }) => [...(floats ?? [])]],
  [
    attributeTypes.INTS,
    ({ ints, name }, decoding) => attempt(decoding, () => (ints ?? []).map((value: Int64) => exact(value, name))),
  ],
]);

function decodeAttribute(proto: AttributeProto, decoding: Decoding): Attribute | undefined {
  const read = attributeReaders.get(proto.type ?? 0);
  if (read !== undefined) return read(proto, decoding);
  const where = `attribute ${proto.name}`;
  decoding.problems.push(new AppError("bad-model", { what: "a kind not in use", where, got: `type ${proto.type}` }));
  return undefined;
}

function exact(value: Int64, name: string | null | undefined): bigint {
  const integer = fromInt64(value);
  if (integer !== undefined) return integer;
  throw new AppError("bad-model", { what: "an integer is too large to be read exactly", where: name ?? "" });
}
