import type { Graph, Node } from "../../onnx/graph.ts";
import { StoredTensor } from "../../onnx/stored-tensor.ts";

/** A kernel whose every output is a multiple of the mean of the same number of inputs. */
export interface AverageKernel {
  readonly inputs: number;
  /** Inputs averaged for each output. */
  readonly k: number;
  /** `[outputs, k]`, ascending within an output. */
  readonly indices: Int32Array;
  /** `[outputs]`: the one value that an output's weights have. */
  readonly weight: Float32Array;
}

/** A constant float32 kernel, as `[outputs, inputs]` whatever its layout. */
interface Kernel {
  readonly outputs: number;
  readonly inputs: number;
  readonly weight: (output: number, input: number) => number;
}

/**
 * The averages that a node states as a plain x·W + b; undefined for anything else. Most kernels are found out at their
 * first output.
 */
export function averageKernel(graph: Graph, node: Node): AverageKernel | undefined {
  const kernel = kernelOf(graph, node);
  if (kernel === undefined) return undefined;
  const { outputs, inputs, weight } = kernel;
  const k = weightCount(kernel);
  if (k === 0) return undefined;
  const indices = new Int32Array(outputs * k);
  const values = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    let found = 0;
    for (let input = 0; input < inputs; input++) {
      const w = weight(output, input);
      if (w === 0) continue;
      if (found === k || (found > 0 && w !== values[output])) return undefined;
      values[output] = w;
      indices[output * k + found++] = input;
    }
    if (found !== k) return undefined;
  }
  return { inputs, k, indices, weight: values };
}

/** Weights of the first output that are not 0; 0 where they differ. */
function weightCount({ inputs, weight }: Kernel): number {
  let [count, value] = [0, 0];
  for (let input = 0; input < inputs; input++) {
    const w = weight(0, input);
    if (w === 0) continue;
    if (count > 0 && w !== value) return 0;
    value = w;
    count++;
  }
  return count;
}

function kernelOf({ initializers }: Graph, { op, inputs, attributes }: Node): Kernel | undefined {
  const tensor = op === "Gemm" ? initializers.get(inputs[1] ?? "") : undefined;
  if (tensor?.type !== "float32" || tensor.dims.length !== 2) return undefined;
  const { transA = 0n, transB = 0n, alpha = 1, beta = 1 } = attributes;
  if (transA !== 0n || alpha !== 1 || beta !== 1) return undefined;
  const [rows = 0, columns = 0] = tensor.dims;
  if (tensor instanceof StoredTensor && isRuledOut(tensor, transB === 1n)) return undefined;
  const { data } = tensor;
  return transB === 1n
    ? { outputs: rows, inputs: columns, weight: (output, input) => data[output * columns + input] ?? Number.NaN }
    : { outputs: columns, inputs: rows, weight: (output, input) => data[input * columns + output] ?? Number.NaN };
}

/** Whether the first output's weights alone say that a kernel is no average: most of it is then never read. */
function isRuledOut({ dims, parts }: StoredTensor, isTransposed: boolean): boolean {
  const [rows = 0, columns = 0] = dims;
  const [inputs, step] = isTransposed ? [columns, 1] : [rows, columns];
  let [start, next, value] = [0, 0, 0];
  for (const part of parts()) {
    for (; next < start + part.length && next < inputs * step; next += step) {
      const w = part[next - start] as number;
      if (w === 0) continue;
      if (value !== 0 && w !== value) return true;
      value = w;
    }
    start += part.length;
    if (next >= inputs * step) break;
  }
  return value === 0;
}
