import { intsOf } from "../../onnx/attributes.ts";
import { intVector } from "../../onnx/element.ts";
import type { Graph, Node, OpName } from "../../onnx/graph.ts";
import { Rewriting } from "./rewriting.ts";

/** Operators whose axes became an input in opset 18. */
const reductions: ReadonlySet<OpName> = new Set(["ReduceMax", "ReduceMean", "ReduceMin"]);

/**
 * A graph of opset 17 as one of opset 21: the axes of reductions become inputs, and Split says into how many parts. All
 * other operators in use mean the same in both.
 */
export function raiseOpset(graph: Graph): Graph {
  const rewriting = new Rewriting(graph);
  for (const node of graph.nodes) {
    const raised = reductions.has(node.op) ? withAxesInput(rewriting, node) : withPartCount(node);
    if (raised !== node) rewriting.replace(node, raised);
  }
  return rewriting.finish();
}

function withAxesInput(rewriting: Rewriting, node: Node): Node {
  const axes = intsOf(node, "axes");
  if (axes === undefined) return node;
  const { axes: _, ...attributes } = node.attributes;
  return { ...node, inputs: [...node.inputs, rewriting.constant(`${node.name}/axes`, intVector(axes))], attributes };
}

function withPartCount(node: Node): Node {
  if (node.op !== "Split" || node.inputs.length > 1) return node;
  return { ...node, attributes: { ...node.attributes, num_outputs: BigInt(node.outputs.length) } };
}
