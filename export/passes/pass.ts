import { checkGraph } from "../../onnx/check.ts";
import type { Graph } from "../../onnx/graph.ts";
import { foldConstants } from "./fold-constants.ts";
import { removeDeadNodes } from "./remove-dead-nodes.ts";
import { removeIdentities } from "./remove-identities.ts";

/** A rewriting of a graph that does not change what it computes. */
export interface Pass {
  readonly name: string;
  readonly run: (graph: Graph) => Graph;
}

/** What a pass did, in nodes. */
export interface PassReport {
  readonly pass: string;
  readonly before: number;
  readonly after: number;
}

/** The passes of a served graph, in an order that lets each see what the one before has left. */
export const servedPasses: readonly Pass[] = [
  // First: it turns chains of constants (epsilon + variance, square root, columns of ones) into initializers.
  { name: "fold-constants", run: foldConstants },
  // Then: an Identity between two nodes hides nothing any more.
  { name: "remove-identities", run: removeIdentities },
  // Last: takes away what the two have left without a reader, initializers as well.
  { name: "remove-dead-nodes", run: removeDeadNodes },
];

/**
 * Runs passes in order and checks the graph after each.
 * @throws AppError `bad-model` when a pass breaks the graph: a failing pass fails the export.
 */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[] = servedPasses,
): { readonly graph: Graph; readonly reports: readonly PassReport[] } {
  const reports: PassReport[] = [];
  let current = graph;
  for (const { name, run } of passes) {
    const next = run(current);
    checkGraph(next);
    reports.push({ pass: name, before: current.nodes.length, after: next.nodes.length });
    current = next;
  }
  return { graph: current, reports };
}
