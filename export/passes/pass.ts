import { checkGraph } from "../../onnx/check.ts";
import type { Graph } from "../../onnx/graph.ts";
import { removeDeadNodes } from "../../onnx/rewrite/remove-dead-nodes.ts";
import { arrangeConstants } from "./arrange-constants.ts";
import { checkEqual } from "./check-equal.ts";
import { foldAffineBefore } from "./fold-affine-before.ts";
import { foldAffineBehind } from "./fold-affine-behind.ts";
import { foldConstants } from "./fold-constants.ts";
import { fuseGemm } from "./fuse-gemm.ts";
import { removeIdentities } from "./remove-identities.ts";
import { removeTransposes } from "./remove-transposes.ts";
import { sparseAverage } from "./sparse-average.ts";

/** A rewriting of a graph that does not change what it computes. */
export interface Pass {
  readonly name: string;
  /** `note` is told what the graph's user should know of the rewriting. */
  readonly run: (graph: Graph, note: (text: string) => void) => Graph;
}

/** What a pass did, in nodes. */
export interface PassReport {
  readonly pass: string;
  readonly before: number;
  readonly after: number;
  /** Largest difference in float64, of 1 + |value|; absent where nothing changed or the graph is too large for it. */
  readonly difference?: number;
  /** What the pass tells the graph's user; absent where it tells nothing. */
  readonly notes?: readonly string[];
}

/** What passes tell the graph's user, as the manifest has it: absent where they tell nothing. */
export function graphNotesOf(reports: readonly PassReport[]): { readonly graphNotes?: string[] } {
  const graphNotes = reports.flatMap(({ notes = [] }) => notes);
  return graphNotes.length === 0 ? {} : { graphNotes };
}

/** The passes of a served graph, in an order that lets each see what the one before has left. */
export const servedPasses: readonly Pass[] = [
  // A kernel is stored as its operator wants it.
  { name: "arrange-constants", run: arrangeConstants },
  // Early: it turns chains of constants (epsilon + variance, square root, columns of ones) into initializers.
  { name: "fold-constants", run: foldConstants },
  // Then: an Identity between two nodes hides nothing any more.
  { name: "remove-identities", run: removeIdentities },
  // Then: constants beside it are constants now, and are brought into the other order.
  { name: "remove-transposes", run: removeTransposes },
  // A product and its bias are one node: the next passes, and quantisation, look for it.
  { name: "fuse-gemm", run: fuseGemm },
  // Normalisations and scalings behind a product: nothing is lost by it.
  { name: "fold-affine-behind", run: foldAffineBehind },
  // A dense kernel of zeros and 1/k becomes a table of indices, or bits.
  { name: "sparse-average", run: sparseAverage },
  // After it, because this gives an average's inputs different weights: normalisations before a product.
  { name: "fold-affine-before", run: foldAffineBefore },
  // Last: takes away what the others have left without a reader, initializers as well.
  { name: "remove-dead-nodes", run: removeDeadNodes },
];

/**
 * Runs passes in order; checks the graph after each, and that it computes the same.
 * @throws AppError `bad-model` when a pass breaks the graph: a failing pass fails the export.
 */
export function runPasses(
  graph: Graph,
  passes: readonly Pass[] = servedPasses,
): { readonly graph: Graph; readonly reports: readonly PassReport[] } {
  const reports: PassReport[] = [];
  let current = graph;
  for (const { name, run } of passes) {
    const notes: string[] = [];
    const next = run(current, (text) => notes.push(text));
    checkGraph(next);
    const difference = next === current ? undefined : checkEqual(current, next, name);
    reports.push({
      pass: name,
      before: current.nodes.length,
      after: next.nodes.length,
      ...(difference !== undefined && { difference }),
      ...(notes.length > 0 && { notes }),
    });
    current = next;
  }
  return { graph: current, reports };
}
