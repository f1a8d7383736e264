import { geneKeys } from "../genes/keys.ts";
import { geneOfRow, targetId } from "../genes/target-id.ts";
import type { Axis, MetaColumn } from "../source.ts";

/** A landmark or target of a dataset. */
export interface DatasetGene {
  /** Id in a model: the source's row id, or `X|target` for a target that is landmark `X` too. */
  readonly id: string;
  /** Row id in `expression.gctx`. */
  readonly sourceId: string;
  /** Row of `expression.gctx`. */
  readonly row: number;
  /** "" where the source does not say. */
  readonly symbol: string;
  readonly entrez: string;
  readonly ensembl: string;
}

/** The roles of a dataset's genes, each in the row order of `expression.gctx`. */
export interface GeneRoles {
  readonly landmarks: readonly DatasetGene[];
  readonly targets: readonly DatasetGene[];
  /** 1 = this target is a landmark too, or other probes of its gene are, `[targets]`. */
  readonly overlap: Uint8Array;
}

/** Reads the roles from the `lf_landmark` and `lf_target` columns; a gene may have both. */
export function geneRoles(genes: Axis): GeneRoles {
  const keys = geneKeys(genes);
  const rowsWith = (field: string): number[] => {
    const column: MetaColumn | undefined = genes.fields.get(field);
    return [...genes.ids.keys()].filter((row) => Number(column?.[row]) === 1);
  };
  const landmarkRows = rowsWith("lf_landmark");
  const isLandmark = new Set(landmarkRows);
  const landmarkIds = new Set(landmarkRows.map((row) => genes.ids[row]));
  const gene = (row: number, id: string): DatasetGene => ({
    id,
    sourceId: genes.ids[row] ?? "",
    row,
    symbol: keys.symbol[row] ?? "",
    entrez: keys.entrez[row] ?? "",
    ensembl: keys.ensembl[row] ?? "",
  });
  const targetRows = rowsWith("lf_target");
  return {
    landmarks: landmarkRows.map((row) => gene(row, genes.ids[row] ?? "")),
    targets: targetRows.map((row) => gene(row, targetId(genes.ids[row] ?? "", isLandmark.has(row)))),
    overlap: Uint8Array.from(targetRows, (row) => (landmarkIds.has(geneOfRow(genes.ids[row] ?? "")) ? 1 : 0)),
  };
}
