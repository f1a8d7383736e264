import { intsOf } from "../../onnx/attributes.ts";
import type { Graph, Node, Tensor } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { removeDeadNodes } from "../../onnx/rewrite/remove-dead-nodes.ts";
import { removeIdentities } from "./remove-identities.ts";
import { sinkers } from "./sink.ts";

/** A value that is another one transposed. */
interface Moved {
  readonly source: string;
  readonly perm: readonly number[];
}

/** What one sweep through the nodes knows and has made so far. */
interface Sweep {
  readonly graph: Graph;
  readonly initializers: Map<string, Tensor>;
  readonly nodes: Node[];
  readonly moved: Map<string, Moved>;
  /** Nodes that read a value. */
  readonly readers: ReadonlyMap<string, readonly Node[]>;
  readonly shown: ReadonlySet<string>;
  /** May a transposed value with several readers be taken apart? It then is transposed once a reader, for a while. */
  readonly takesApart: boolean;
}

const isIdentity = (perm: readonly number[]): boolean => perm.every((axis, at) => axis === at);

function emitTranspose(sweep: Sweep, node: Pick<Node, "name" | "outputs">, { source, perm }: Moved): void {
  const rest = { name: node.name, outputs: node.outputs, inputs: [source] };
  if (isIdentity(perm)) {
    sweep.nodes.push({ ...rest, op: "Identity", attributes: {} });
    return;
  }
  sweep.nodes.push({ ...rest, op: "Transpose", attributes: { perm: perm.map(BigInt) } });
  for (const output of node.outputs) sweep.moved.set(output, { source, perm });
}

/** Two in a row are one, or none. */
function joinTransposes(sweep: Sweep, node: Node, rank: number): void {
  const [input = ""] = node.inputs;
  const perm = intsOf(node, "perm") ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const before = sweep.moved.get(input);
  const joined =
    before === undefined
      ? { source: input, perm }
      : { source: before.source, perm: perm.map((axis) => before.perm[axis] ?? 0) };
  emitTranspose(sweep, node, joined);
}

/** Can every reader of a transposed value do without, so that nothing is computed twice? */
function isFree(sweep: Sweep, value: string): boolean {
  const readers = sweep.readers.get(value) ?? [];
  if (sweep.shown.has(value)) return false;
  if (readers.length === 1) return true;
  return sweep.takesApart && readers.every(({ op }) => op === "Transpose" || sinkers[op] !== undefined);
}

/** The permutation that all transposed inputs of a node have; undefined when there is none or one must stay. */
function commonPerm(sweep: Sweep, { inputs }: Node): readonly number[] | undefined {
  const found = inputs.flatMap((name) => sweep.moved.get(name) ?? []);
  const [first] = found;
  const same = found.every(({ perm }) => perm.join() === first?.perm.join());
  const free = inputs.every((name) => !sweep.moved.has(name) || isFree(sweep, name));
  return same && free ? first?.perm : undefined;
}

/** Moves the transposing behind the node where that can be done. */
function sink(sweep: Sweep, node: Node): boolean {
  const perm = node.outputs.length === 1 ? commonPerm(sweep, node) : undefined;
  if (perm === undefined) return false;
  const sunk = sinkers[node.op]?.({
    node,
    perm,
    constant: (name) => sweep.initializers.get(name),
    isMoved: (name) => sweep.moved.has(name),
  });
  if (sunk === undefined) return false;
  const order = perm.join("");
  const inputs = node.inputs.map((name, index) => {
    const constant = sunk.constants.get(index);
    if (constant === undefined) return sweep.moved.get(name)?.source ?? name;
    const renamed = `${name}/${node.op}_${index}_axes${order}`;
    sweep.initializers.set(renamed, constant);
    return renamed;
  });
  const source = `${node.outputs[0] ?? ""}/axes${order}`;
  const attributes = sunk.attributes ?? node.attributes;
  sweep.nodes.push({ op: node.op, name: source, inputs, outputs: [source], attributes });
  emitTranspose(sweep, node, { source, perm: sunk.perm });
  return true;
}

function sweepOnce(graph: Graph, takesApart: boolean): Graph {
  const readers = new Map<string, Node[]>();
  for (const node of graph.nodes)
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const infos = inferShapes(graph);
  const sweep: Sweep = {
    graph,
    initializers: new Map(graph.initializers),
    nodes: [],
    moved: new Map(),
    readers,
    shown,
    takesApart,
  };
  for (const node of graph.nodes) {
    const rank = infos.get(node.outputs[0] ?? "")?.dims.length ?? 0;
    if (node.op === "Transpose") joinTransposes(sweep, node, rank);
    else if (!sink(sweep, node)) sweep.nodes.push(node);
  }
  return removeDeadNodes(removeIdentities({ ...graph, initializers: sweep.initializers, nodes: sweep.nodes }));
}

const transposes = ({ nodes }: Graph): number => nodes.filter(({ op }) => op === "Transpose").length;

/** Sweeps until nothing moves any more: every sweep moves a transposing towards the outputs, or removes one. */
function settled(graph: Graph, takesApart: boolean): Graph {
  const text = ({ nodes }: Graph): string =>
    JSON.stringify(nodes.map(({ op, inputs, outputs }) => [op, inputs, outputs]));
  let current = graph;
  for (let before = ""; before !== text(current); ) {
    before = text(current);
    current = sweepOnce(current, takesApart);
  }
  return current;
}

/**
 * Takes transposing away between layers that work channels first, as convolutions are lowered: it is moved towards the
 * outputs, through operators that do not mind, until it meets its inverse. The graph with the fewest is taken, the
 * given one if nothing is gained.
 */
export function removeTransposes(graph: Graph): Graph {
  if (transposes(graph) < 2) return graph;
  const candidates = [settled(graph, false), settled(graph, true)];
  return candidates.reduce((best, next) => (transposes(next) < transposes(best) ? next : best), graph);
}
