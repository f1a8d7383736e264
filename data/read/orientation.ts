/**
 * Which axis of a text table is the genes'.
 * @module
 */
import { AppError } from "../../schemas/index.ts";

/** What the rows of a text table are. */
export type Orientation = "samples" | "genes";

/** What a table says about its axes. */
export interface TableAxes {
  readonly label: string;
  /** Header of the id column. */
  readonly corner: string;
  readonly rowIds: readonly string[];
  readonly columnIds: readonly string[];
}

/** The orientation, and why it was chosen. */
export interface OrientationVerdict {
  readonly rows: Orientation;
  /** Set where only the shape speaks for it: worth telling the user. */
  readonly warning?: string;
}

const sampleCorner = /^(sample|patient|subject|donor|case|barcode|cell|run|profile|array|cid|col)/i;
const geneCorner = /^(gene|symbol|hgnc|hugo|entrez|ensembl|ensg|probe|id_ref|name$|transcript|locus|rid$|targetid$)/i;

/** Affymetrix probe sets, Ensembl genes and transcripts, locus tags such as Rv0001 or b0001. */
const surelyGene = /^(\d+(_[a-z]+)?_at|AFFX-.+|ENS[A-Z]*[GT]\d{6,}(\.\d+)?|(Rv|RVB?D?_?)\d{4}[A-Za-z]?|b\d{4})$/;
/** An official gene symbol, a clone or an Entrez id: sample names may look so too, hence only shares are compared. */
const perhapsGene = /^([A-Z][A-Z0-9]+([-.][A-Z0-9]+)*|C\d+orf\d+|LOC\d+|\d+)$/;
/** Accessions of samples: GEO, SRA/ENA/DDBJ, TCGA, GTEx, Cell Model Passports; and L1000 wells (plate:well). */
const surelySample = /^(GSM\d+|[SED]R[RSX]\d+|SAM[NED][A-Z]?\d+|TCGA-.+|GTEX-.+|ACH-\d+|.+:[A-P]\d\d)$/;

const judgedIds = 2000;

/**
 * Decides by, in this order: the header of the id column ("sample", "gene_id", …); accessions of genes or samples on
 * either axis; symbol-like names on one axis only; and where ids say nothing, the longer axis is the genes'.
 * @throws AppError `bad-data` when nothing tells the axes apart
 */
export function detectOrientation({ label, corner, rowIds, columnIds }: TableAxes): OrientationVerdict {
  if (geneCorner.test(corner)) return { rows: "genes" };
  if (sampleCorner.test(corner)) return { rows: "samples" };
  const lead = geneLikeness(rowIds) - geneLikeness(columnIds);
  if (Math.abs(lead) >= 0.5) return { rows: lead > 0 ? "genes" : "samples" };
  if (rowIds.length === columnIds.length) {
    throw new AppError("bad-data", {
      what: "cannot tell whether rows are samples or genes",
      where: label,
      got: `${rowIds.length} rows and as many columns, ids such as "${rowIds[0]}" and "${columnIds[0]}"`,
      advice: "Give --orientation samples or --orientation genes",
    });
  }
  const rows = rowIds.length > columnIds.length ? "genes" : "samples";
  const warning = `rows were taken to be ${rows} because genes are the longer axis; --orientation decides otherwise`;
  return { rows, warning };
}

/** −1 (sample accessions) … 1 (gene accessions); symbol-like ids count 0.75 unless they are merely numbered. */
function geneLikeness(ids: readonly string[]): number {
  const judged = ids.slice(0, judgedIds);
  const share = (pattern: RegExp) => judged.filter((id) => pattern.test(id)).length / judged.length;
  if (share(surelySample) >= 0.5) return -1;
  if (share(surelyGene) >= 0.5) return 1;
  return share(perhapsGene) >= 0.8 && !areNumbered(judged) ? 0.75 : 0;
}

/** True for ids like P001, P002, …: one stem with a running number, as people name samples. */
function areNumbered(ids: readonly string[]): boolean {
  return new Set(ids.map((id) => id.replaceAll(/\d+/g, "#"))).size <= Math.ceil(ids.length / 20);
}
