/**
 * Makes graphs: names are derived from scope, operator and a counter, shapes are inferred as nodes are added.
 * @module
 */
import { AppError } from "../schemas/errors.ts";
import { isGraph, subgraphsOf } from "./attributes.ts";
import { checkGraph } from "./check.ts";
import { intVector, tensorFrom } from "./element.ts";
import {
  type Attribute,
  type Dim,
  type ElementType,
  type Graph,
  type Node,
  type OpName,
  servedOpset,
  type Tensor,
  type ValueInfo,
} from "./graph.ts";
import { inferNode, nested, outermost, tensorInfo } from "./infer.ts";
import type { Scope } from "./shapes/call.ts";

/** Attributes of a node by name: `number` for floats, `bigint` for ints. Floats are rounded to what ONNX stores. */
export type Attributes = Readonly<Record<string, Attribute>>;

/** A node with several outputs. */
export interface Operation {
  readonly op: OpName;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
  /** How many. */
  readonly outputs: number;
}

/** What all scopes of one graph share. */
interface Draft {
  readonly name: string;
  /** Before the names of a subgraph's inputs and outputs; those of the outermost graph are public and bare. */
  readonly prefix: string;
  readonly inputs: ValueInfo[];
  readonly initializers: Map<string, Tensor>;
  readonly nodes: Node[];
  /** Inferred so far, by name. */
  readonly values: Map<string, ValueInfo>;
  /** Output name → the value it shows. */
  readonly outputs: Map<string, ValueInfo>;
  readonly scope: Scope;
  /** Every name of the outermost graph and all its subgraphs. */
  readonly taken: Set<string>;
  /** The draft around a subgraph. */
  readonly parent: Draft | undefined;
}

function newDraft(
  name: string,
  opset: number,
  inside: { readonly parent?: Draft; readonly prefix?: string } = {},
): Draft {
  const { parent, prefix = "" } = inside;
  const values = new Map<string, ValueInfo>();
  const initializers = new Map<string, Tensor>();
  const scope = nested(parent?.scope ?? outermost(opset), { values, constants: initializers });
  const taken = parent?.taken ?? new Set<string>();
  return { name, prefix, parent, inputs: [], initializers, nodes: [], values, outputs: new Map(), scope, taken };
}

/**
 * Builds one graph. A builder from {@link GraphBuilder.scope} adds to the same graph under a prefix.
 * @example
 * const g = new GraphBuilder("affine");
 * const x = g.input("x", "float32", ["N", 3]);
 * const w = g.initializer("w", { type: "float32", dims: [3, 2], data: new Float32Array(6) });
 * g.output("y", g.scope("dense").op("MatMul", [x, w]));
 * const graph = g.build();
 */
export class GraphBuilder {
  readonly #draft: Draft;
  readonly #prefix: string;

  /** @param view Given by {@link scope} and {@link subgraph} only. */
  constructor(name: string, view: { readonly opset?: number; readonly draft?: Draft; readonly prefix?: string } = {}) {
    const { opset = servedOpset, draft = newDraft(name, opset), prefix = "" } = view;
    this.#draft = draft;
    this.#prefix = prefix;
  }

  /** Declares a graph input; a scope's prefix is not put before it, a subgraph's is. @throws AppError `bad-model` when the name is taken. */
  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    const info: ValueInfo = { name: this.#claim(this.#draft.prefix + name), type, dims: [...dims] };
    this.#draft.inputs.push(info);
    this.#draft.values.set(info.name, info);
    return info.name;
  }

  /** Adds a constant under the scope's prefix; the array is kept, not copied. @throws AppError `bad-model`. */
  initializer(name: string, tensor: Tensor): string {
    return addConstant(this.#draft, this.#claim(this.#prefix + name), tensor);
  }

  /** A rank-0 constant; the same value and type is the same constant everywhere in the model. */
  scalar(value: number, type: ElementType = "float32"): string {
    const text = Object.is(value, -0) ? "-0" : `${value}`;
    return this.#shared(`const/${type}/${text}`, tensorFrom(type, [], [value]));
  }

  /** An int64 vector `[values.length]`: shapes, axes, bounds; equal ones are the same constant. */
  ints(values: readonly (number | bigint)[]): string {
    return this.#shared(`const/ints/${values.join(",")}`, intVector(values));
  }

  /** A float32 vector `[values.length]`: scales; equal ones are the same constant. */
  floats(values: readonly number[]): string {
    return this.#shared(`const/floats/${values.join(",")}`, tensorFrom("float32", [values.length], values));
  }

  /**
   * Adds a node with one output; `""` stands for an absent optional input.
   * @returns The output's name: prefix + operator, with a counter from the second of its kind on.
   * @throws AppError `bad-model` when operands or attributes do not fit.
   */
  op(op: OpName, inputs: readonly string[], attributes: Attributes = {}): string {
    const name = this.#freeName(op);
    return this.#add({ op, name, inputs: [...inputs], outputs: [name], attributes: rounded(attributes) }, name);
  }

  /** Adds a node with several outputs, named `<node>:0`, `<node>:1`, … @throws AppError `bad-model`. */
  ops({ op, inputs, attributes = {}, outputs: count }: Operation): readonly string[] {
    const name = this.#freeName(op);
    const outputs = Array.from({ length: count }, (_, index) => this.#claim(`${name}:${index}`));
    this.#add({ op, name, inputs: [...inputs], outputs, attributes: rounded(attributes) }, name);
    return outputs;
  }

  /** The same graph under a longer prefix: `scope("dense_1").op("MatMul", …)` is `dense_1/MatMul`. */
  scope(prefix: string): GraphBuilder {
    return new GraphBuilder(this.#draft.name, { draft: this.#draft, prefix: `${this.#prefix}${prefix}/` });
  }

  /** A body for `Loop` or `Scan`: its own graph, which may use this graph's values; give its `build()` as the attribute. */
  subgraph(name: string): GraphBuilder {
    const prefix = `${this.#prefix}${name}/`;
    const draft = newDraft(name, this.#draft.scope.opset, { parent: this.#draft, prefix });
    return new GraphBuilder(name, { draft, prefix });
  }

  /** Type and dims of a value made so far, in this graph or around it. @throws AppError `bad-model` when unknown. */
  info(name: string): ValueInfo {
    const value = this.#draft.scope.value(name);
    if (value === undefined) throw new AppError("bad-model", { what: "no such value", where: name });
    return value;
  }

  /**
   * Declares `from` as the graph output `name` (prefixed as an input is). The value is renamed where that is possible,
   * else (an input, a constant, a second output of one value) an `Identity` shows it. Go on using `from`, not `name`.
   * @throws AppError `bad-model` when the name is taken or the value unknown.
   */
  output(name: string, from: string): void {
    const shown = this.info(from);
    this.#draft.outputs.set(this.#claim(this.#draft.prefix + name), shown);
  }

  /** The graph, checked (a subgraph is checked with the graph around it). @throws AppError `bad-model`. */
  build(): Graph {
    const graph = finish(this.#draft);
    if (this.#draft.parent === undefined) checkGraph(graph, { opset: this.#draft.scope.opset });
    return graph;
  }

  #claim(name: string): string {
    const { taken } = this.#draft;
    if (name === "" || taken.has(name)) {
      throw new AppError("bad-model", { what: "a name is empty or taken", where: this.#draft.name, got: `"${name}"` });
    }
    taken.add(name);
    return name;
  }

  #freeName(op: OpName): string {
    const stem = this.#prefix + op;
    let name = stem;
    for (let count = 1; this.#draft.taken.has(name); count++) name = `${stem}_${count}`;
    return this.#claim(name);
  }

  /** Shared constants belong to the outermost graph, so that every subgraph sees them. */
  #shared(name: string, tensor: Tensor): string {
    let root = this.#draft;
    while (root.parent !== undefined) root = root.parent;
    return root.initializers.has(name) ? name : addConstant(root, this.#claim(name), tensor);
  }

  #add(node: Node, first: string): string {
    for (const value of inferNode(node, this.#draft.scope)) this.#draft.values.set(value.name, value);
    this.#draft.nodes.push(node);
    return first;
  }
}

function addConstant({ initializers, values }: Draft, name: string, tensor: Tensor): string {
  initializers.set(name, tensor);
  values.set(name, tensorInfo(name, tensor));
  return name;
}

/** ONNX stores float attributes as float32: rounding here keeps a graph equal to its decoded bytes. */
function rounded(attributes: Attributes): Attributes {
  const round = (value: Attribute): Attribute => {
    if (typeof value === "number") return Math.fround(value);
    if (Array.isArray(value)) return value.map((item) => (typeof item === "number" ? Math.fround(item) : item));
    return value;
  };
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, round(value)]));
}

/** Puts the outputs' names on the values they show. */
function finish({ name, inputs, initializers, nodes, outputs }: Draft): Graph {
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  const renamed = new Map<string, string>();
  const shown: Node[] = [];
  for (const [output, { name: from }] of outputs) {
    if (produced.has(from) && !renamed.has(from)) renamed.set(from, output);
    else shown.push({ op: "Identity", name: output, inputs: [from], outputs: [output], attributes: {} });
  }
  return {
    name,
    inputs: [...inputs],
    outputs: [...outputs].map(([output, { type, dims }]) => ({ name: output, type, dims })),
    initializers: new Map(initializers),
    nodes: [...nodes, ...shown].map((node) => renameNode(node, renamed)),
  };
}

function renameNode(node: Node, renamed: ReadonlyMap<string, string>): Node {
  const rename = (name: string): string => renamed.get(name) ?? name;
  const inputs = node.inputs.map(rename);
  const outputs = node.outputs.map(rename);
  if (subgraphsOf(node).length === 0) return { ...node, inputs, outputs };
  const attributes = Object.entries(node.attributes).map(([name, value]): [string, Attribute] => [
    name,
    isGraph(value) ? { ...value, nodes: value.nodes.map((inner) => renameNode(inner, renamed)) } : value,
  ]);
  return { ...node, inputs, outputs, attributes: Object.fromEntries(attributes) };
}
