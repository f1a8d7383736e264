/**
 * Runs a small graph on tfjs tensors: losses, optimisers and averages are written once, as operators, and mean the same
 * on every engine.
 * @module
 */
import * as core from "@tensorflow/tfjs-core";
import type { Graph, Node, OpName } from "../../onnx/graph.ts";
import { AppError } from "../../schemas/errors.ts";

/** What a rule reads of its node. */
interface Operands {
  readonly tensor: (at: number) => core.Tensor;
  /** A constant operand of integers: a shape. */
  readonly ints: (at: number) => number[];
}

type Rule = (operands: Operands) => core.Tensor;

const unary =
  (f: (x: core.Tensor) => core.Tensor): Rule =>
  ({ tensor }) =>
    f(tensor(0));
const binary =
  (f: (a: core.Tensor, b: core.Tensor) => core.Tensor): Rule =>
  ({ tensor }) =>
    f(tensor(0), tensor(1));

/** The operators of the arithmetic around a net; the net itself is tfjs' own. */
const rules: { readonly [Op in OpName]?: Rule } = {
  Add: binary(core.add),
  Clip: ({ tensor }) => core.minimum(core.maximum(tensor(0), tensor(1)), tensor(2)),
  Div: binary(core.div),
  Expand: ({ tensor, ints }) => core.broadcastTo(tensor(0), ints(1)),
  Greater: binary(core.greater),
  Identity: unary(core.clone),
  Less: binary(core.less),
  // ONNX takes a vector for a row.
  MatMul: binary((a, b) =>
    a.rank === 1 ? core.reshape(core.matMul(core.reshape(a, [1, a.size]), b), [-1]) : core.matMul(a, b),
  ),
  Max: binary(core.maximum),
  Min: binary(core.minimum),
  Mul: binary(core.mul),
  Reshape: ({ tensor, ints }) => core.reshape(tensor(0), ints(1)),
  Sqrt: unary(core.sqrt),
  Sub: binary(core.sub),
  Where: ({ tensor }) => core.where(tensor(0), tensor(1), tensor(2)),
};

export type TensorMap = Readonly<Record<string, core.Tensor>>;

/** A graph bound to tfjs; it owns its constants: dispose it when it is done with. */
export class TensorFunction implements Disposable {
  readonly #graph: Graph;
  readonly #constants = new Map<string, core.Tensor>();

  /** @throws AppError `bad-model` for an operator without a rule. */
  constructor(graph: Graph) {
    const missing = new Set(graph.nodes.map(({ op }) => op).filter((op) => rules[op] === undefined));
    if (missing.size > 0)
      throw new AppError("bad-model", {
        what: "engine tfjs does not know an operator of the optimisation",
        where: graph.name,
        examples: [...missing],
      });
    this.#graph = graph;
    for (const [name, { type, dims, data }] of graph.initializers)
      if (type === "float32") this.#constants.set(name, core.tensor(data, [...dims]));
  }

  /**
   * Outputs by name, the caller's; what is made between is freed, inputs are not.
   * @param inputs Every input of the graph, by name.
   */
  run(inputs: TensorMap): TensorMap {
    return core.tidy(() => {
      const values = new Map<string, core.Tensor>([...this.#constants, ...Object.entries(inputs)]);
      for (const node of this.#graph.nodes) {
        const result = rules[node.op]?.(this.#operands(node, values));
        if (result !== undefined) values.set(node.outputs[0] ?? "", result);
      }
      return Object.fromEntries(this.#graph.outputs.map(({ name }) => [name, held(values, name)]));
    });
  }

  #operands({ inputs }: Node, values: ReadonlyMap<string, core.Tensor>): Operands {
    return {
      tensor: (at) => held(values, inputs[at] ?? ""),
      ints: (at) => Array.from(this.#graph.initializers.get(inputs[at] ?? "")?.data ?? [], Number),
    };
  }

  [Symbol.dispose](): void {
    core.dispose([...this.#constants.values()]);
  }
}

function held(values: ReadonlyMap<string, core.Tensor>, name: string): core.Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value ${name}`);
  return value;
}
