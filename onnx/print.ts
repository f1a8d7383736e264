/**
 * A graph as text, one line a value: stable, so that snapshots and differences can be read.
 * @module
 */
import { isGraph, isList, isTensor } from "./attributes.ts";
import { type Attribute, type Graph, type Node, servedOpset, type ValueInfo } from "./graph.ts";
import { analyse, nested, outermost } from "./infer.ts";
import { type Scope, shapeText } from "./shapes/call.ts";

/**
 * Text of a graph; values whose shape cannot be inferred show `?`, so that a wrong graph can be looked at too.
 * @example
 * graph affine
 *   input x: float32[N, 3]
 *   constant w: float32[3, 2]
 *   y: float32[N, 2] = MatMul(x, w)
 *   output y: float32[N, 2]
 */
export function printGraph(graph: Graph, { opset = servedOpset }: { readonly opset?: number } = {}): string {
  return `${lines(graph, outermost(opset)).join("\n")}\n`;
}

function lines(graph: Graph, outer: Scope): readonly string[] {
  const { values } = analyse(graph, outer);
  const scope = nested(outer, { values, constants: graph.initializers });
  const named = (value: ValueInfo): string => `${value.name}: ${shapeText(value)}`;
  return [
    `graph ${graph.name}`,
    ...graph.inputs.map((input) => `  input ${named(input)}`),
    ...[...graph.initializers].map(([name, tensor]) => `  constant ${name}: ${shapeText(tensor)}`),
    ...graph.nodes.flatMap((node) => nodeLines(node, scope)),
    ...graph.outputs.map((output) => `  output ${named(output)}`),
  ];
}

function nodeLines(node: Node, scope: Scope): readonly string[] {
  const results = node.outputs.map((name) => {
    const value = scope.value(name);
    return `${name || "_"}: ${value === undefined ? "?" : shapeText(value)}`;
  });
  const attributes = Object.entries(node.attributes).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const shown = attributes.map(([name, value]) => ` ${name}=${attributeText(value)}`).join("");
  const inputs = node.inputs.map((name) => name || "_").join(", ");
  const bodies = attributes.flatMap(([, value]) => (isGraph(value) ? lines(value, scope) : []));
  return [`  ${results.join(", ")} = ${node.op}(${inputs})${shown}`, ...bodies.map((line) => `    ${line}`)];
}

function attributeText(value: Attribute): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "number") return floatText(value);
  if (isGraph(value)) return value.name;
  if (isTensor(value)) return shapeText(value);
  return isList(value) ? `[${value.map((item) => attributeText(item)).join(", ")}]` : "";
}

/** The shortest decimal that is this float32, with a point, so that 1.0 is not 1. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return `${value}`;
  let text = `${value}`;
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) {
      text = `${short}`;
      break;
    }
  }
  return /[.e]/.test(text) ? text : `${text}.0`;
}
