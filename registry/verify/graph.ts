import type { Model, ValueInfo } from "../../onnx/graph.ts";
import type { ModelManifest } from "../../schemas/index.ts";

const text = ({ name, type, dims }: Pick<ValueInfo, "name" | "type" | "dims">): string =>
  `${name} ${type} [${dims.join(", ")}]`;

/** A value stated twice that must be one: the manifest's claim first. */
function differs(what: string, claimed: string | undefined, found: string | undefined): string[] {
  if (claimed === found) return [];
  return [`${what}: the manifest says ${claimed ?? "nothing"}, model.onnx ${found ?? "nothing"}`];
}

/**
 * What the manifest says of the graph and the graph does not: tensors, opset, and the gene table it was made for.
 * @param genesHash sha256 of `genes.tsv`; undefined where the model has none.
 */
export function graphProblems(model: Model, manifest: ModelManifest, genesHash: string | undefined): string[] {
  const { graph, opset, metadata } = model;
  const tensors = (["inputs", "outputs"] as const).flatMap((kind) => {
    const count = Math.max(manifest[kind].length, graph[kind].length);
    return Array.from({ length: count }, (_, i) => [manifest[kind][i], graph[kind][i]]).flatMap(([claimed, found], i) =>
      differs(`${kind.slice(0, -1)} ${i + 1}`, claimed && text(claimed), found && text(found)),
    );
  });
  const genes = metadata["landfall.genes"];
  const run = metadata["landfall.run"];
  const trained = manifest.task === "expression" && manifest.origin === "trained";
  return [
    ...tensors,
    ...differs("opset", String(manifest.opset), String(opset)),
    // An imported graph was made elsewhere and names no gene table.
    ...(genes === undefined ? (trained ? ["model.onnx does not say which gene table it was made for"] : []) : []),
    ...(genes !== undefined && genes !== genesHash
      ? ["model.onnx was made for another gene table than genes.tsv"]
      : []),
    ...(trained && !/^[0-9a-f]{64}$/.test(run ?? "") ? ["model.onnx does not say which run it comes from"] : []),
  ];
}
