import type { Graph, Node } from "../../onnx/graph.ts";

/** Who reads and who makes the values of a graph. */
export interface Readers {
  /** The node that makes a value; undefined for inputs and constants. */
  readonly producer: (name: string) => Node | undefined;
  /** The one node that reads a value, once; undefined where none or several do, or the value is an output of the graph. */
  readonly onlyReader: (name: string) => Node | undefined;
  /** True when exactly one node reads a value and no output shows it. */
  readonly isReadOnce: (name: string) => boolean;
}

/** Looks through a graph once. */
export function readersOf({ nodes, outputs }: Graph): Readers {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const readers = new Map<string, Node[]>();
  for (const node of nodes)
    for (const name of node.inputs) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  const shown = new Set(outputs.map(({ name }) => name));
  const onlyReader = (name: string): Node | undefined => {
    const list = readers.get(name) ?? [];
    return list.length === 1 && !shown.has(name) ? list[0] : undefined;
  };
  return {
    producer: (name) => producers.get(name),
    onlyReader,
    isReadOnce: (name) => onlyReader(name) !== undefined,
  };
}
