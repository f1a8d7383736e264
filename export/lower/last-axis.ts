import type { GraphBuilder } from "../../onnx/builder.ts";
import { AppError } from "../../schemas/index.ts";
import { axisFromFront, featureDims } from "./rule.ts";

/** The axes asked for, from the front and each once, without the batch axis. @throws AppError `bad-model` otherwise. */
export function featureAxes(axes: readonly number[], rank: number): readonly number[] {
  const front = axes.map((axis) => axisFromFront(axis, rank));
  if (front.includes(0) || new Set(front).size < front.length || front.length === 0)
    throw new AppError("bad-model", {
      what: "the layer cannot work along these axes",
      expected: "different axes behind the batch axis",
      got: `[${front.join(", ")}] of a tensor of rank ${rank}`,
    });
  return front;
}

/**
 * Applies `f`, which works along the last axis and keeps the dims, along several axes taken as one: they are moved to
 * the end and joined, and all is put back afterwards. Nothing is moved where they are the last ones already.
 */
export function alongAxes(
  g: GraphBuilder,
  x: string,
  { axes, f }: { readonly axes: readonly number[]; readonly f: (x: string) => string },
): string {
  const features = featureDims(g.info(x).dims);
  const sorted = axes.toSorted((a, b) => a - b);
  const others = features.map((_, i) => i + 1).filter((axis) => !sorted.includes(axis));
  const order = [0, ...others, ...sorted];
  const isMoved = order.some((axis, at) => axis !== at);
  const perm = order.map(BigInt);
  const back = order.map((_, axis) => BigInt(order.indexOf(axis)));
  const lengths = (of: readonly number[]): readonly number[] => of.map((axis) => features[axis - 1] ?? 1);
  const moved = isMoved ? g.op("Transpose", [x], { perm }) : x;
  const isJoined = sorted.length > 1;
  const width = lengths(sorted).reduce((product, length) => product * length, 1);
  // 0 keeps the batch dimension.
  const joined = isJoined ? g.op("Reshape", [moved, g.ints([0, ...lengths(others), width])]) : moved;
  const result = f(joined);
  const split = isJoined ? g.op("Reshape", [result, g.ints([0, ...lengths(others), ...lengths(sorted)])]) : result;
  return isMoved ? g.op("Transpose", [split], { perm: back }) : split;
}

/** A weight with one axis for each of `axes`, in their order, as dims that broadcast with a tensor of this rank. */
export function alongBroadcast(
  g: GraphBuilder,
  weight: string,
  { axes, features }: { readonly axes: readonly number[]; readonly features: readonly number[] },
): string {
  const first = Math.min(...axes);
  const dims = features.map((length, i) => (axes.includes(i + 1) ? length : 1)).slice(first - 1);
  return g.info(weight).dims.join() === dims.join() ? weight : g.op("Reshape", [weight, g.ints(dims)]);
}
