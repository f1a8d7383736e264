/**
 * The genes of an inference as the table shows them.
 * @module
 */
import type { Axis } from "../../data/source.ts";
import type { ExpressionManifest } from "../../schemas/index.ts";

/** One gene. */
export interface GeneRow {
  /** Column of the values. */
  readonly index: number;
  readonly id: string;
  /** What people call it: its symbol, else its id. */
  readonly name: string;
  readonly entrez: string;
  readonly isMeasured: boolean;
  readonly reliability: string;
  /** Half-width of the 90 % interval; NaN where it is not known. */
  readonly halfWidth: number;
  /** Training mean and sd, in the units shown; NaN where the model does not know the gene. */
  readonly mean: number;
  readonly sd: number;
}

/** Which genes to show. */
export interface GeneQuery {
  readonly text: string;
  readonly kind: "all" | "measured" | "inferred";
}

/** The rows of an output's gene axis. */
export function geneRows(
  genes: Axis,
  { transform, landmarks }: Pick<ExpressionManifest, "transform" | "landmarks">,
  inZ: boolean,
): readonly GeneRow[] {
  const text = (field: string, i: number): string => String(genes.fields.get(field)?.[i] ?? "");
  const halfWidths = genes.fields.get("lf_halfwidth90");
  const firstTarget = genes.ids.length - transform.targets.mean.length;
  const side = (i: number) => {
    if (i < landmarks) return { moments: transform.landmarks, at: i };
    return { moments: transform.targets, at: i - firstTarget };
  };
  return genes.ids.map((id, index) => {
    const { moments, at } = side(index);
    const known = { mean: moments.mean[at] ?? Number.NaN, sd: moments.sd[at] ?? Number.NaN };
    const isMeasured = text("pr_is_lmark", index) === "Y";
    // Measured landmarks are never z-scored: they stay as they are.
    const scaled = inZ && !isMeasured ? { mean: 0, sd: 1 } : known;
    return {
      index,
      id,
      name: text("pr_gene_symbol", index) || id.replace(/\|target$/, ""),
      entrez: text("pr_gene_id", index),
      isMeasured,
      reliability: text("lf_reliability", index),
      halfWidth: Number(halfWidths?.[index] ?? Number.NaN),
      ...scaled,
    };
  });
}

/** The rows that a query finds: names that begin with the text first, then those that hold it; else in model order. */
export function findGenes(rows: readonly GeneRow[], { text, kind }: GeneQuery): readonly GeneRow[] {
  const ofKind = kind === "all" ? rows : rows.filter(({ isMeasured }) => isMeasured === (kind === "measured"));
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return ofKind;
  const keys = ({ name, id, entrez }: GeneRow): readonly string[] => [name.toLowerCase(), id.toLowerCase(), entrez];
  const begins = ofKind.filter((row) => keys(row).some((key) => key.startsWith(wanted)));
  const holds = ofKind.filter((row) => {
    const all = keys(row);
    return !all.some((key) => key.startsWith(wanted)) && all.some((key) => key.includes(wanted));
  });
  return [...begins, ...holds];
}
