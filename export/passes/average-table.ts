import type { Node, Tensor } from "../../onnx/graph.ts";
import type { AverageKernel } from "./average-kernel.ts";

/** What takes a node's place. */
export interface Replacement {
  readonly added: ReadonlyMap<string, Tensor>;
  readonly replaced: readonly Node[];
}

/**
 * Averages by a table of k indices an output: Gather and ReduceMean, then scale and bias. Sums run over an output's own
 * inputs in one order, so a profile's results do not depend on its batch. Names derive from the node's own, so that the
 * same model is the same file.
 */
export function averageTable(
  { name, inputs: [x = "", , bias = ""], outputs: [result = ""] }: Node,
  { k, indices, weight }: AverageKernel,
): Replacement {
  const outputs = weight.length;
  const scale = weight.map((one) => k * one);
  const added = new Map<string, Tensor>([[`${name}/scale`, { type: "float32", dims: [outputs], data: scale }]]);
  const replaced: Node[] = [];
  const emit = (op: Node["op"], inputs: readonly string[], rest: { to?: string; attributes?: Node["attributes"] }) => {
    const to = rest.to ?? `${name}/${op}`;
    replaced.push({ op, name: to, inputs, outputs: [to], attributes: rest.attributes ?? {} });
    return to;
  };
  // Genes as rows: a gene's values of all profiles are then copied together.
  const rows = emit("Transpose", [x], { to: `${name}/rows`, attributes: { perm: [1n, 0n] } });
  // In k parts: what a part gathers is then no larger than the result.
  const partOutputs = Math.ceil(outputs / k);
  const parts: string[] = [];
  for (let start = 0; start < outputs; start += partOutputs) {
    const [part, length] = [parts.length, Math.min(partOutputs, outputs - start)];
    const data = indices.slice(start * k, (start + length) * k);
    added.set(`${name}/indices_${part}`, { type: "int32", dims: [length, k], data });
    const picked = emit("Gather", [rows, `${name}/indices_${part}`], {
      to: `${name}/Gather_${part}`,
      attributes: { axis: 0n },
    });
    parts.push(
      emit("ReduceMean", [picked], { to: `${name}/ReduceMean_${part}`, attributes: { axes: [1n], keepdims: 0n } }),
    );
  }
  const joined = emit("Concat", parts, { attributes: { axis: 0n } });
  const means = emit("Transpose", [joined], { attributes: { perm: [1n, 0n] } });
  const scaled = emit("Mul", [means, `${name}/scale`], bias === "" ? { to: result } : {});
  if (bias !== "") emit("Add", [scaled, bias], { to: result });
  return { added, replaced };
}
