import { elementCount } from "../../onnx/element.ts";
import type { Node, Tensor, ValueInfo } from "../../onnx/graph.ts";

/** y = x·scale + offset along one axis of x, in float64; `[width]` each. */
export interface Affine {
  readonly scale: Float64Array;
  readonly offset: Float64Array;
}

/** A node that is affine in one of its inputs. */
export interface AffineNode extends Affine {
  readonly node: Node;
  /** The input that is not the constant. */
  readonly x: string;
}

/** What a node is read with: shapes and constants of its graph, and the axis that constants may lie along. */
export interface AffineContext {
  readonly infos: ReadonlyMap<string, ValueInfo>;
  readonly initializers: ReadonlyMap<string, Tensor>;
  readonly axis: number;
}

/** x for `[width]`, 1 and 0: the map that changes nothing. */
export function identityMap(width: number): Affine {
  return { scale: new Float64Array(width).fill(1), offset: new Float64Array(width) };
}

/** First `inner`, then `outer`: (x·a + b)·c + d = x·(a·c) + (b·c + d). */
export function composed(outer: Affine, inner: Affine): Affine {
  return {
    scale: inner.scale.map((a, i) => a * (outer.scale[i] ?? 1)),
    offset: inner.offset.map((b, i) => b * (outer.scale[i] ?? 1) + (outer.offset[i] ?? 0)),
  };
}

/** Add, Sub, Mul or Div of a value and a constant that has one element, or one an index of the axis; else undefined. */
export function affineNode(node: Node, context: AffineContext): AffineNode | undefined {
  const { infos, initializers, axis } = context;
  const [left = "", right = ""] = node.inputs;
  const constantIsLeft = initializers.has(left);
  if (constantIsLeft === initializers.has(right)) return undefined;
  const [x, constant] = constantIsLeft ? [right, left] : [left, right];
  const dims = infos.get(x)?.dims ?? [];
  const width = dims[axis];
  const tensor = initializers.get(constant);
  if (typeof width !== "number" || tensor?.type !== "float32") return undefined;
  const values = alongAxis(tensor, { rank: dims.length, axis, width });
  const map = values && affineOf(node.op, values, constantIsLeft);
  return map && { ...map, node, x };
}

/** The constant's value at each index of the axis, where it depends on nothing else. */
function alongAxis(
  tensor: Tensor,
  { rank, axis, width }: { readonly rank: number; readonly axis: number; readonly width: number },
): Float64Array | undefined {
  const { dims } = tensor;
  const isSingle = elementCount(dims) === 1 && dims.length <= rank;
  const own = axis - (rank - dims.length);
  if (!isSingle && !dims.every((length, at) => length === (at === own ? width : 1))) return undefined;
  // Only now: a large kernel's values lie in a file.
  const { data } = tensor;
  return Float64Array.from({ length: width }, (_, at) => Number(data[isSingle ? 0 : at]));
}

function affineOf(op: Node["op"], values: Float64Array, constantIsLeft: boolean): Affine | undefined {
  const { scale: ones, offset: zeros } = identityMap(values.length);
  if (op === "Add") return { scale: ones, offset: values };
  if (op === "Mul") return { scale: values, offset: zeros };
  if (op === "Sub" && constantIsLeft) return { scale: ones.fill(-1), offset: values };
  if (op === "Sub") return { scale: ones, offset: values.map((value) => -value) };
  // A constant over a value is no affine map of it.
  if (op === "Div" && !constantIsLeft) return { scale: values.map((value) => 1 / value), offset: zeros };
  return undefined;
}
