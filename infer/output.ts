/**
 * What an inference is labelled with: the gene axis, the sample fields to come, and the root attributes (DESIGN 3.5).
 * @module
 */
import type { Alignment } from "../data/genes/align.ts";
import { storageAttributes } from "../data/provenance.ts";
import type { Axis, MetaColumn } from "../data/source.ts";
import type { ReservedColumn } from "../data/write/matrix-content.ts";
import type { ExpressionManifest, GeneRecord, InferOptions } from "../schemas/index.ts";
import type { FurtherLandmark } from "./further-landmarks.ts";

/** Sample fields that are known only once a profile is inferred. */
export const inferredFields = [
  { name: "lf_ood", type: "float32", axis: "samples" },
  { name: "lf_missing_landmarks", type: "int32", axis: "samples" },
] as const satisfies readonly ReservedColumn[];

/** How messages, plans and outputs call a model; one that is not published has no name of its own. */
export function modelLabel({ name, version }: ExpressionManifest): { readonly name: string; readonly version: string } {
  return { name: name ?? "unpublished", version: version === undefined ? "unpublished" : String(version) };
}

/** Root attributes of an output: facts of model and options alone, so that equal runs give equal bytes. */
export function outputAttributes(manifest: ExpressionManifest, options: InferOptions): Record<string, string> {
  const { name, version } = modelLabel(manifest);
  return {
    src: "landfall",
    lf_model: name,
    lf_version: version,
    lf_model_hash: manifest.contentHash,
    lf_harmonise: options.harmonise,
    lf_scale: options.scale === "z" ? "zscore" : manifest.scale,
    ...(options.allowScaleMismatch && { lf_allow_scale_mismatch: "true" }),
    ...storageAttributes(options),
  };
}

/** What the gene axis of an output is made of. */
export interface OutputParts {
  readonly manifest: ExpressionManifest;
  readonly genes: readonly GeneRecord[];
  readonly alignment: Alignment;
  readonly further: readonly FurtherLandmark[];
  readonly scale: InferOptions["scale"];
}

/** One gene of an output. */
interface OutputRow {
  readonly id: string;
  readonly symbol: string;
  readonly entrez: string;
  /** The input's id of a gene that was measured; "" for one that is inferred. */
  readonly inputId: string;
  readonly isLandmark: boolean;
  readonly reliability?: string | undefined;
  readonly mae?: number | undefined;
  readonly halfwidth90?: number | undefined;
}

/**
 * The genes of an output: the model's landmarks, the further measured landmarks, the targets. A landmark that the input
 * lacks is inferred too, and says so. Errors are in output units; columns of which nothing is known are left out.
 */
export function outputGenes(parts: OutputParts): Axis {
  const rows = outputRows(parts);
  const fields = new Map<string, MetaColumn>([
    ["pr_gene_symbol", rows.map(({ symbol }) => symbol)],
    ["pr_gene_id", rows.map(({ entrez }) => entrez)],
    ["pr_is_lmark", rows.map(({ isLandmark }) => (isLandmark ? "Y" : "N"))],
    ["lf_input_id", rows.map(({ inputId }) => inputId)],
  ]);
  if (rows.some(({ reliability }) => reliability !== undefined)) {
    fields.set(
      "lf_reliability",
      rows.map(({ reliability = "" }) => reliability),
    );
  }
  for (const figure of ["mae", "halfwidth90"] as const) {
    if (!rows.some((row) => row[figure] !== undefined)) continue;
    fields.set(
      `lf_${figure}`,
      Float64Array.from(rows, (row) => row[figure] ?? Number.NaN),
    );
  }
  return { ids: rows.map(({ id }) => id), fields };
}

function outputRows({ manifest, genes, alignment, further, scale }: OutputParts): OutputRow[] {
  const { landmarks: l, transform } = manifest;
  const measured = genes.slice(0, l).map(({ id, symbol, entrez }, i): OutputRow => {
    const inputId = alignment.inputIds[i] ?? "";
    return { id, symbol, entrez, inputId, isLandmark: inputId !== "" };
  });
  const passed = further.map((gene): OutputRow => ({ ...gene, inputId: gene.id, isLandmark: true }));
  const inferred = genes.slice(l).map(({ id, symbol, entrez, reliability, mae, halfwidth90 }, i): OutputRow => {
    const unit = scale === "z" ? (transform.targets.sd[i] ?? Number.NaN) + transform.epsilon : 1;
    const inUnits = (figure: number | undefined) => (figure === undefined ? undefined : figure / unit);
    const errors = { mae: inUnits(mae), halfwidth90: inUnits(halfwidth90) };
    return { id, symbol, entrez, inputId: "", isLandmark: false, reliability, ...errors };
  });
  return [...measured, ...passed, ...inferred];
}
