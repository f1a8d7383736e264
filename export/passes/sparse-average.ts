import { elementBytes, elementCount } from "../../onnx/element.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { averageBits } from "./average-bits.ts";
import { type AverageKernel, averageKernel } from "./average-kernel.ts";
import { averageTable, type Replacement } from "./average-table.ts";

/**
 * A kernel becomes a table where it has at most one weight in this many inputs, bits beyond. Times of the dense product
 * over those of the table, 978 → 9,520 on two busy cores, fastest (medians) of interleaved runs: 256 profiles 0.9 (0.7)
 * at k = 10, 0.6 (0.7) at 15, 0.7 (0.5) at 20, 0.4 (0.5) at 30, 0.2 (0.2) at 60 and 100; 32 profiles 4.5 (1.7) at 15,
 * 1.1 (1.2) at 30, 0.3 (0.5) at 100; one profile 1.8 (2.1), 0.3 (0.8), 0.1 (0.4). Up to 20 the table is slower only for
 * large batches, loads in a tenth of the time at most and takes a fortieth of the memory. Bits are as fast as the dense
 * kernel (0.9 to 1.4 at 256 profiles), and load in one to three times its 0.3 s.
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
