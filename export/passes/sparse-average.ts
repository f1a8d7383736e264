import { elementBytes, elementCount } from "../../onnx/element.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { averageBits } from "./average-bits.ts";
import { type AverageKernel, averageKernel } from "./average-kernel.ts";
import { averageTable, type Replacement } from "./average-table.ts";

/**
 * A kernel becomes a table where it has at most one weight in this many inputs, bits beyond. Up to there a table is
 * quicker than the dense product for few profiles, not much slower for many, and quick to load; with more weights the
 * product wins, and bits, which become a dense kernel in memory, are as fast as that.
 */
const inputsPerWeight = 48;

/** Weights of the smallest kernel that becomes bits: below, a file of 256 KiB would be saved, and the lookup costs 8. */
const fewestWeights = 2 ** 16;

/**
 * Replaces the kernel of a Gemm that averages k of its inputs for every output (KNN-GE, which stock tfjs can only state
 * as a dense kernel of zeros and 1/k): by a table of indices where k is small, by one bit a weight where it is not.
 * @param note is told which form was chosen, its size and why.
 */
export function sparseAverage(graph: Graph, note: (text: string) => void = () => undefined): Graph {
  const initializers = new Map(graph.initializers);
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const averages = averageKernel(graph, node);
    const stored = averages && storedForm(node, averages);
    if (stored === undefined) return [node];
    note(stored.note);
    for (const [name, tensor] of stored.added) initializers.set(name, tensor);
    return stored.replaced;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, initializers, nodes };
}

/** What takes the place of a Gemm, and a note of it; undefined where the dense kernel stays. */
function storedForm(node: Node, averages: AverageKernel): (Replacement & { readonly note: string }) | undefined {
  const { inputs, k, weight } = averages;
  const weights = inputs * weight.length;
  const isTable = k * inputsPerWeight <= inputs;
  if (!isTable && weights < fewestWeights) return undefined;
  const form = isTable ? averageTable(node, averages) : averageBits(node, averages);
  const sizes = `${megabytes(bytesOf(form.added.values()))} instead of ${megabytes(4 * weights)}`;
  const limit = Math.floor(inputs / inputsPerWeight);
  const why = isTable
    ? `a table of ${k} indices an output, ${sizes}: up to ${limit} inputs it is also quick to load and to run`
    : `one bit a weight, ${sizes}, made a dense kernel when the model is loaded: beyond ${limit} inputs its product is quicker than a table`;
  return { ...form, note: `${node.name}: averages of ${k} of ${inputs} inputs are stored as ${why}` };
}

const bytesOf = (tensors: Iterable<Tensor>): number =>
  [...tensors].reduce((sum, { type, dims }) => sum + elementBytes[type] * elementCount(dims), 0);

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1)} MB`;
