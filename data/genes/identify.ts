import type { IdType } from "../../schemas/index.ts";

/** In the order tried: the first that fits decides. */
const forms: readonly (readonly [IdType, RegExp])[] = [
  ["entrez", /^[1-9]\d*$/],
  // Gene ids of any species: ENSG…, ENSMUSG…; the version behind the dot changes between releases.
  ["ensembl", /^ENS[A-Z]{0,8}G\d{11}(\.\d+)?$/i],
  ["affy", /^\S+_at$/i],
  // Systematic names of microbes (Rv0001, RVnc0002, PA0001, b0001, SAUSA300_0001), yeast (YAL001C), plants (At1g01010).
  [
    "locus",
    /^(?!LOC)([A-Z]{1,2}(nc)?\d{4,5}[A-Z]?|[A-Z][A-Z0-9]*_[A-Z]?\d{4,5}|Y[A-P][LR]\d{3}[WC]|AT[1-5CM]G\d{5})(\.\d+)?$/i,
  ],
  ["symbol", /^[A-Z][A-Z0-9.@/-]{0,19}$/i],
];

/** The form of one identifier, by its spelling alone; undefined for `""`, `0` and `-666` (missing). */
export function idTypeOf(id: string): IdType | undefined {
  if (isMissingId(id)) return undefined;
  return forms.find(([, form]) => form.test(id))?.[0] ?? "other";
}

/** True for the ways in which files write "no identifier": `""`, `0` (RNAseqDB's Entrez) and `-666` (CMap). */
export function isMissingId(id: string): boolean {
  return id === "" || id === "0" || id === "-666";
}

/** The form that more than half of the present ids have, else `other`. */
export function identifyIds(ids: readonly string[]): IdType {
  const counts = new Map<IdType, number>();
  let present = 0;
  for (const id of ids) {
    const type = idTypeOf(id);
    if (type === undefined) continue;
    present += 1;
    counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  for (const [type, count] of counts) if (count > present / 2) return type;
  return "other";
}

/** An Ensembl id without its version: `ENSG00000141510.17` → `ENSG00000141510`. */
export function withoutVersion(ensembl: string): string {
  const dot = ensembl.indexOf(".");
  return dot < 0 ? ensembl : ensembl.slice(0, dot);
}
