import { GraphBuilder } from "../../onnx/builder.ts";
import { type ExternalPlace, encodeModel, encodePlaced } from "../../onnx/codec/encode.ts";
import { elementCodes } from "../../onnx/element.ts";
import { type Graph, servedIrVersion, servedOpset } from "../../onnx/graph.ts";
import { hostTensor } from "../../runtime/host-tensor.ts";
import type { HostTensor, TensorMap } from "../../runtime/session.ts";

const modelOf = (graph: Graph) => ({
  graph,
  opset: servedOpset,
  irVersion: servedIrVersion,
  producer: { name: "landfall", version: "test" },
  metadata: {},
});

export const weights = Float32Array.from([1, -2, 3, 0.5, -1, 4]);

function affineGraph(): Graph {
  const graph = new GraphBuilder("affine");
  const x = graph.input("x", "float32", ["N", 3]);
  const shift = graph.input("shift", "float32", ["N", 2]);
  const w = graph.initializer("w", { type: "float32", dims: [3, 2], data: weights });
  const y = graph.op("Add", [graph.op("MatMul", [x, w]), shift]);
  graph.output("y", y);
  graph.output("negative", graph.op("Neg", [y]));
  return graph.build();
}

/** y = x·w + shift and its negative: `x [N, 3]`, `shift [N, 2]`. */
export const affine = (): Uint8Array => encodeModel(modelOf(affineGraph()));

/** {@link affine} with its weights in another file. */
export const affineOutside = (location: string): Uint8Array => {
  const place: ExternalPlace = { location, offset: 0, length: weights.byteLength };
  return encodePlaced(modelOf(affineGraph()), (name) => (name === "w" ? place : undefined));
};

/** Every element type that sessions carry, each passed through. */
export function passing(): Uint8Array {
  const graph = new GraphBuilder("passing");
  for (const type of ["float32", "float64", "int32", "int64", "uint8", "uint32", "bool"] as const)
    graph.output(`${type} out`, graph.input(type, type, ["N"]));
  return encodeModel(modelOf(graph.build()));
}

/** Takes and gives float16, which sessions do not carry. */
export function halves(): Uint8Array {
  const graph = new GraphBuilder("halves");
  graph.output("y", graph.op("Cast", [graph.input("x", "float32", ["N"])], { to: elementCodes.float16 }));
  return encodeModel(modelOf(graph.build()));
}

/** Products of 512 × 512 matrices, one after the other: a tenth of a second and more of work. */
export function slow(): Uint8Array {
  const graph = new GraphBuilder("slow");
  const x = graph.input("x", "float32", [512, 512]);
  let y = x;
  for (let i = 0; i < 60; i++) y = graph.op("MatMul", [y, x]);
  graph.output("y", y);
  return encodeModel(modelOf(graph.build()));
}

export const slowFeeds = (): TensorMap => ({ x: f32([512, 512], new Float32Array(512 * 512).fill(1 / 512)) });

export const f32 = (dims: readonly number[], values: Iterable<number>): HostTensor =>
  hostTensor("float32", dims, values instanceof Float32Array ? values : Float32Array.from(values));

/** Feeds of {@link affine} for n rows, as views into the middle of larger buffers. */
export function affineFeeds(n: number): TensorMap {
  const x = Float32Array.from({ length: 3 * n + 5 }, (_, i) => (i % 7) - 3);
  const shift = Float32Array.from({ length: 2 * n + 5 }, (_, i) => i / 4);
  return { x: f32([n, 3], x.subarray(2, 2 + 3 * n)), shift: f32([n, 2], shift.subarray(3, 3 + 2 * n)) };
}

/** What {@link affine} gives for {@link affineFeeds}, by plain loops. */
export function affineResult({ x, shift }: TensorMap): Float32Array {
  const n = x?.dims[0] ?? 0;
  return Float32Array.from({ length: 2 * n }, (_, i) => {
    const [row, column] = [Math.floor(i / 2), i % 2];
    let sum = Number(shift?.data[i]);
    for (let k = 0; k < 3; k++) sum += Number(x?.data[row * 3 + k]) * (weights[k * 2 + column] ?? Number.NaN);
    return sum;
  });
}
