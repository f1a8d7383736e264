/**
 * Keeps some columns of an output: the choice travels from the output towards the weights, so that only the rows and
 * columns that make the chosen ones stay, and a head `[outputs, inputs]` is read in contiguous rows.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import type { Graph, Node, Tensor, ValueInfo } from "../graph.ts";
import { inferShapes } from "../infer.ts";
import { type ChoiceRule, choiceRules } from "./choice-rules.ts";
import { FreeNames } from "./free-names.ts";
import { pickIndices } from "./pick-indices.ts";
import { removeDeadNodes } from "./remove-dead-nodes.ts";

/** A graph with the opset its operators are of. */
export interface VersionedGraph {
  readonly graph: Graph;
  readonly opset: number;
}

/** Some indices of one axis of a value. */
export interface Choice {
  readonly name: string;
  readonly axis: number;
  /** In the order wanted. */
  readonly indices: Int32Array;
}

/** What a rule may use: shapes and constants of the graph before, and the parts of the graph to come. */
export interface Choosing {
  readonly info: (name: string) => ValueInfo;
  readonly constant: (name: string) => Tensor | undefined;
  /** The chosen part of another value, under its new name. */
  readonly choose: (choice: Choice) => string;
  /** Adds a constant under a free name derived from `stem`. */
  readonly add: (stem: string, tensor: Tensor) => string;
  /** Adds a node like `node` with other inputs (and attributes); gives its output. */
  readonly emit: (node: Node, inputs: readonly string[], attributes?: Node["attributes"]) => string;
}

/**
 * The graph with only the columns `columns` of `output`, in that order, whatever their results are made of; every
 * column keeps its bits wherever a kernel computes columns on their own, as ONNX Runtime's CPU provider does. Large
 * tensors are copied run by run, once.
 * @throws AppError `usage` for columns that the output does not have, none, or one twice.
 */
export function selectColumns(
  { graph, opset }: VersionedGraph,
  { output, columns }: { readonly output: string; readonly columns: ArrayLike<number> },
): Graph {
  const infos = inferShapes(graph, opset);
  const shown = graph.outputs.find(({ name }) => name === output);
  const width = shown?.dims.at(-1);
  if (shown === undefined || typeof width !== "number") throw new Error(`${output} has no columns`);
  const indices = Int32Array.from(columns);
  checkColumns(indices, { output, width });
  const draft = new Draft(graph, infos);
  const chosen = draft.choose({ name: output, axis: shown.dims.length - 1, indices });
  const dims = [...shown.dims.slice(0, -1), indices.length];
  return removeDeadNodes(draft.finish(chosen, { ...shown, dims }));
}

function checkColumns(columns: Int32Array, { output, width }: { output: string; width: number }): void {
  const wrong = [...columns].filter((column) => column < 0 || column >= width);
  const twice = columns.length - new Set(columns).size;
  if (columns.length > 0 && wrong.length === 0 && twice === 0) return;
  throw new AppError("usage", {
    what: `not a choice of columns of ${output}`,
    expected: `different columns from 0 to ${width - 1}, at least one`,
    got: wrong.length > 0 ? wrong.slice(0, 5).join(", ") : `${columns.length} columns, ${twice} of them twice`,
  });
}

/** The graph before with the nodes and constants that the choice adds. */
class Draft implements Choosing {
  readonly #graph: Graph;
  readonly #infos: ReadonlyMap<string, ValueInfo>;
  readonly #producers: ReadonlyMap<string, Node>;
  readonly #initializers: Map<string, Tensor>;
  readonly #nodes: Node[] = [];
  readonly #names: FreeNames;
  /** What was chosen before, by value, axis and indices: a shared value is chosen from once. */
  readonly #made = new Map<string, string>();

  constructor(graph: Graph, infos: ReadonlyMap<string, ValueInfo>) {
    this.#graph = graph;
    this.#infos = infos;
    this.#producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
    this.#initializers = new Map(graph.initializers);
    this.#names = new FreeNames(infos.keys());
  }

  info = (name: string): ValueInfo => {
    const info = this.#infos.get(name);
    if (info === undefined) throw new Error(`no value ${name}`);
    return info;
  };

  constant = (name: string): Tensor | undefined => this.#graph.initializers.get(name);

  choose = (choice: Choice): string => {
    const key = `${choice.name}\0${choice.axis}\0${choice.indices.join()}`;
    const made = this.#made.get(key) ?? this.#choose(choice);
    this.#made.set(key, made);
    return made;
  };

  add = (stem: string, tensor: Tensor): string => {
    const name = this.#names.take(stem);
    this.#initializers.set(name, tensor);
    return name;
  };

  emit = (node: Node, inputs: readonly string[], attributes = node.attributes): string => {
    const name = this.#names.take(`${node.outputs[0] ?? node.name}/chosen`);
    this.#nodes.push({ ...node, name, inputs, outputs: [name], attributes });
    return name;
  };

  #choose({ name, axis, indices }: Choice): string {
    const tensor = this.constant(name);
    if (tensor !== undefined) return this.add(`${name}/chosen`, pickIndices(tensor, axis, indices));
    const node = this.#producers.get(name);
    const rule: ChoiceRule | undefined = node?.outputs.length === 1 ? choiceRules[node.op] : undefined;
    const chosen = node === undefined ? undefined : rule?.(node, { axis, indices }, this);
    if (chosen !== undefined) return chosen;
    // Here the choice goes no further: the value is computed whole, and its columns are picked.
    const picked = this.add(`${name}/columns`, { type: "int32", dims: [indices.length], data: indices });
    const gather: Node = { op: "Gather", name, inputs: [], outputs: [name], attributes: {} };
    return this.emit(gather, [name, picked], { axis: BigInt(axis) });
  }

  /** Puts the output's name on what was chosen; the whole value, where something else reads it, gets another name. */
  finish(chosen: string, output: ValueInfo): Graph {
    const { inputs, outputs, name, nodes } = this.#graph;
    const whole = this.#names.take(`${output.name}/whole`);
    const renamed = new Map([
      [output.name, whole],
      [chosen, output.name],
    ]);
    const rename = (value: string): string => renamed.get(value) ?? value;
    return {
      name,
      inputs,
      outputs: outputs.map((one) => (one.name === output.name ? output : one)),
      initializers: this.#initializers,
      nodes: [...nodes, ...this.#nodes].map((node) => ({
        ...node,
        name: rename(node.name),
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      })),
    };
  }
}
