import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { FreeNames } from "../../onnx/rewrite/free-names.ts";

/** A graph under rewriting: constants and nodes are added under free names derived from what they stand for. */
export class Rewriting {
  readonly initializers: Map<string, Tensor>;
  /** Nodes to put before the first reader of a value, by the node they are for. */
  readonly #before = new Map<Node, Node[]>();
  readonly #forms = new Map<Node, Node>();
  readonly #graph: Graph;
  readonly #names: FreeNames;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.initializers = new Map(graph.initializers);
    this.#names = new FreeNames([
      ...graph.inputs.map(({ name }) => name),
      ...graph.initializers.keys(),
      ...graph.nodes.flatMap(({ outputs }) => outputs),
    ]);
  }

  /** Adds a constant. */
  constant(stem: string, tensor: Tensor): string {
    const name = this.#names.take(stem);
    this.initializers.set(name, tensor);
    return name;
  }

  /** Adds a node before `at` and gives its output. */
  node(at: Node, { stem, ...node }: Pick<Node, "op" | "inputs" | "attributes"> & { readonly stem: string }): string {
    const name = this.#names.take(stem);
    const list = this.#before.get(at) ?? [];
    list.push({ ...node, name, outputs: [name] });
    this.#before.set(at, list);
    return name;
  }

  /** Gives a node of the graph another form. */
  replace(node: Node, form: Node): void {
    if (!this.#graph.nodes.includes(node)) throw new Error(`${node.name} is a node of another graph`);
    this.#forms.set(node, form);
  }

  /** The graph with everything added; constants that nothing reads any more are gone. */
  finish(): Graph {
    const nodes = this.#graph.nodes.flatMap((node) => [
      ...(this.#before.get(node) ?? []),
      this.#forms.get(node) ?? node,
    ]);
    const read = new Set([...nodes.flatMap(({ inputs }) => inputs), ...this.#graph.outputs.map(({ name }) => name)]);
    const initializers = new Map([...this.initializers].filter(([name]) => read.has(name)));
    return { ...this.#graph, initializers, nodes };
  }
}
