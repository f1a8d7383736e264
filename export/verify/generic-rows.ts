import { Random } from "../../data/random.ts";
import { elementCount } from "../../onnx/element.ts";
import type { Graph } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import type { HostTensor } from "../../runtime/session.ts";
import type { TensorSignature } from "../../schemas/index.ts";
import type { TensorRef, Topology } from "../lower/topology.ts";

/** Rows compared: zeros, then normal ones, the last few ten times as large. */
const mostRows = 71;
const largeRows = 8;

/** Elements that the largest value of a verification may have: 256 MiB of float32. */
const largestValue = 2 ** 26;

/** Samples that a graph is verified on: fewer where one of its values is large. */
export function verifiedRows(graph: Graph): number {
  const constants = new Set(graph.initializers.keys());
  const widths = [...inferShapes(graph)]
    .filter(([name]) => !constants.has(name))
    .map(([, { dims }]) => elementCount(dims.filter((dim) => typeof dim === "number")));
  return Math.max(1, Math.min(mostRows, Math.floor(largestValue / Math.max(1, ...widths))));
}

/** Layers that hand values on as they are, at the most in other places. */
const handsOn: ReadonlySet<string> = new Set([
  "AlphaDropout",
  "Concatenate",
  "Cropping2D",
  "Dropout",
  "Flatten",
  "GaussianDropout",
  "GaussianNoise",
  "InputLayer",
  "MaxPooling1D",
  "MaxPooling2D",
  "MaxPooling3D",
  "Permute",
  "RepeatVector",
  "Reshape",
  "SpatialDropout1D",
  "UpSampling2D",
]);

const key = ({ layer, node, tensor }: TensorRef): string => `${layer}:${node}:${tensor}`;

/**
 * For each input, the number of rows of the smallest table that it is looked up in; undefined for one that is not an
 * index. Found from the outputs back: what a value must be is what its readers need.
 */
export function indexBounds({ layers, calls, inputs }: Topology): readonly (number | undefined)[] {
  const bounds = new Map<string, number>();
  for (const { layer, node, inputs: refs } of calls.toReversed()) {
    const { className = "", config = {} } = layers.get(layer) ?? {};
    const rows = className === "Embedding" ? Number(config["input_dim"]) : undefined;
    const needed = handsOn.has(className) ? bounds.get(key({ layer, node, tensor: 0 })) : rows;
    if (needed === undefined) continue;
    for (const ref of refs) bounds.set(key(ref), Math.min(needed, bounds.get(key(ref)) ?? needed));
  }
  return inputs.map((ref) => bounds.get(key(ref)));
}

/** Seeded values of one input: indices of a table, small integers for int32, normal floats otherwise. */
export function inputRows(
  { type, dims }: TensorSignature,
  { rows, seed, bound }: { readonly rows: number; readonly seed: number; readonly bound: number | undefined },
): HostTensor {
  const random = new Random(seed);
  const shape = [rows, ...dims.slice(1).map(Number)];
  const width = elementCount(shape.slice(1));
  const cells = { length: rows * width };
  const integer = (): number => random.integer(bound ?? 8);
  if (type === "int32") return { type, dims: shape, data: Int32Array.from(cells, integer) };
  const float = (cell: number): number => {
    const row = Math.floor(cell / width);
    if (row === 0) return 0;
    return row < rows - largeRows ? random.normal() : 10 * random.normal();
  };
  const value = bound === undefined ? float : integer;
  return { type: "float32", dims: shape, data: Float32Array.from(cells, (_, cell) => value(cell)) };
}
