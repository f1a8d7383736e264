import type { Model, ValueInfo } from "../../onnx/graph.ts";
import type { ModelManifest } from "../../schemas/index.ts";

const text = ({ name, type, dims }: Pick<ValueInfo, "name" | "type" | "dims">): string =>
  `${name} ${type} [${dims.join(", ")}]`;

/** A value stated twice that must be one: the manifest's claim first. */
function differs(what: string, { file, claimed, found }: Record<"file" | "claimed" | "found", string | undefined>) {
  if (claimed === found) return [];
  return [`${what}: the manifest says ${claimed ?? "nothing"}, ${file} ${found ?? "nothing"}`];
}

/** What a graph's file is held against. */
export interface GraphClaims {
  readonly manifest: ModelManifest;
  /** sha256 of `genes.tsv`; undefined where the model has none. */
  readonly genesHash: string | undefined;
  /** The graph's file; `model.onnx` by default. */
  readonly file?: string;
  /** The opset stated for it; the manifest's by default. */
  readonly opset?: number;
}

/** What the manifest says of a graph and the graph does not: tensors, opset, and the gene table it was made for. */
export function graphProblems(model: Model, claims: GraphClaims): string[] {
  const { manifest, genesHash, file = "model.onnx" } = claims;
  const { graph, opset, metadata } = model;
  const tensors = (["inputs", "outputs"] as const).flatMap((kind) => {
    const count = Math.max(manifest[kind].length, graph[kind].length);
    return Array.from({ length: count }, (_, i) => [manifest[kind][i], graph[kind][i]]).flatMap(([claimed, found], i) =>
      differs(`${kind.slice(0, -1)} ${i + 1}`, {
        file,
        claimed: claimed && text(claimed),
        found: found && text(found),
      }),
    );
  });
  const genes = metadata["landfall.genes"];
  const run = metadata["landfall.run"];
  const trained = manifest.task === "expression" && manifest.origin === "trained";
  return [
    ...tensors,
    ...differs("opset", { file, claimed: String(claims.opset ?? manifest.opset), found: String(opset) }),
    // An imported graph was made elsewhere and names no gene table.
    ...(genes === undefined ? (trained ? [`${file} does not say which gene table it was made for`] : []) : []),
    ...(genes !== undefined && genes !== genesHash ? [`${file} was made for another gene table than genes.tsv`] : []),
    ...(trained && !/^[0-9a-f]{64}$/.test(run ?? "") ? [`${file} does not say which run it comes from`] : []),
  ];
}
