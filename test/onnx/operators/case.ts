/** How the cases of the operator tests are written. */
import { elementCount, tensorFrom } from "../../../onnx/element.ts";
import type { ElementType, Node, Tensor } from "../../../onnx/graph.ts";
import { normal, type Random, seeded } from "../random.ts";

/** An operand: its values, and whether the graph knows them (`fixed`) or is fed. */
export interface Operand {
  readonly tensor: Tensor;
  readonly fixed: boolean;
}

/** One call of an operator. */
export interface OpCase {
  readonly title: string;
  /** `undefined`: an absent optional input. */
  readonly inputs: readonly (Operand | undefined)[];
  readonly attributes?: Node["attributes"];
  /** 1 by default. */
  readonly outputs?: number;
  /** The served one by default. */
  readonly opset?: number;
  /** Numbers summed into one result, where they are many; 1 by default. */
  readonly terms?: number;
}

export interface Range {
  readonly low?: number;
  readonly high?: number;
}

const random: Random = seeded(20);

/** Standard normal values, or uniform ones where a range is given; whole ones for integer types, 0 or 1 for bool. */
export function some(type: ElementType, dims: readonly number[], range?: Range): Operand {
  const draw = (): number => {
    if (type === "bool") return Number(random() < 0.5);
    if (type.startsWith("float")) return range === undefined ? normal(random) : uniform(range);
    const smallest = type.startsWith("u") ? 0 : -9;
    return Math.floor(uniform({ low: smallest, high: 10, ...range }));
  };
  return fed(tensorFrom(type, dims, Array.from({ length: elementCount(dims) }, draw)));
}

function uniform({ low = 0, high = 1 }: Range): number {
  return low + (high - low) * random();
}

/** float32 operand. */
export function f32(dims: readonly number[], range?: Range): Operand {
  return some("float32", dims, range);
}

/** Given values as a vector. */
export function values(
  type: ElementType,
  numbers: readonly number[],
  dims: readonly number[] = [numbers.length],
): Operand {
  return fed(tensorFrom(type, dims, numbers));
}

/** A constant int64 vector: shape, axes, bounds. */
export function ints(...numbers: readonly number[]): Operand {
  return fixed(values("int64", numbers));
}

/** Makes an operand a constant of the graph. */
export function fixed({ tensor }: Operand): Operand {
  return { tensor, fixed: true };
}

function fed(tensor: Tensor): Operand {
  return { tensor, fixed: false };
}

/** A node of a body, without attributes, called as its output. */
export const node = (op: Node["op"], inputs: readonly string[], output: string): Node => ({
  op,
  name: output,
  inputs,
  outputs: [output],
  attributes: {},
});

/** Numbers at the edges of float32. */
export const edges: readonly number[] = [0, -0, 1, -1, Infinity, -Infinity, 1e-42, -1e-42, 1e30, -1e30, 88, -88, 0.5];
