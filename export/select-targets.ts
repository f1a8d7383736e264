import { parseGrp, selectGenes } from "../data/dataset/selection.ts";
import { geneKeys } from "../data/genes/keys.ts";
import { geneOfRow } from "../data/genes/target-id.ts";
import { formatGenesTable } from "../data/genes-table.ts";
import { sha256 } from "../data/node/hash.ts";
import type { Axis } from "../data/source.ts";
import { AppError, type GeneRecord } from "../schemas/index.ts";
import type { RunDirectory } from "./run-directory.ts";

/** A run with fewer targets. */
export interface SelectedTargets {
  /** The run as if it had these targets alone, in the order that they have in it; scores of all targets are left out. */
  readonly source: RunDirectory;
  /** Which of the run's targets they are, ascending. */
  readonly columns: Int32Array;
  /** Entries of the list that no target answers to: landmarks, and genes that the model does not infer. */
  readonly notFound: readonly string[];
}

/**
 * Chooses targets by a gene list (one gene a line: row id, symbol, Entrez or Ensembl id).
 * @param where the list's file, for messages.
 * @throws AppError `usage` when the list names no target.
 */
export function selectTargets(source: RunDirectory, list: string, where: string): SelectedTargets {
  const landmarks = source.genes.filter(({ role }) => role === "landmark");
  const targets = source.genes.filter(({ role }) => role === "target");
  const axis = axisOf(targets);
  const entries = [...new Set(parseGrp(list).map(geneOfRow))];
  const { flags, notFound } = selectGenes({ kind: "list", label: where, entries }, axis, geneKeys(axis));
  const columns = Int32Array.from(targets.keys()).filter((target) => flags[target] === 1);
  if (columns.length === 0)
    throw new AppError("usage", {
      what: "the list names no target of the model",
      where,
      expected: `genes such as ${axis.ids.slice(0, 3).join(", ")}`,
      got: entries.length === 0 ? "an empty list" : `${entries.length} genes such as ${entries.slice(0, 3).join(", ")}`,
    });
  const genes = [...landmarks, ...Array.from(columns, (column) => targets[column] as GeneRecord)];
  return { source: withTargets(source, genes, columns), columns, notFound };
}

function axisOf(targets: readonly GeneRecord[]): Axis {
  const fields: Axis["fields"] = new Map([
    ["lf_symbol", targets.map(({ symbol }) => symbol)],
    ["lf_entrez", targets.map(({ entrez }) => entrez)],
    ["lf_ensembl", targets.map(({ ensembl }) => ensembl)],
  ]);
  return { ids: targets.map(({ id }) => geneOfRow(id)), fields };
}

function withTargets(source: RunDirectory, genes: readonly GeneRecord[], columns: Int32Array): RunDirectory {
  const { run, hashes } = source;
  const { targets } = run.transform;
  const pick = (values: readonly number[]): number[] => Array.from(columns, (column) => values[column] ?? Number.NaN);
  const chosen = { mean: pick(targets.mean), sd: pick(targets.sd) };
  const note = `Exported with ${columns.length} of ${targets.mean.length} targets; the scores of all are those of the whole model.`;
  return {
    ...source,
    run: { ...run, transform: { ...run.transform, targets: chosen }, notes: [...run.notes, note] },
    genes,
    hashes: { ...hashes, genes: sha256(formatGenesTable(genes)) },
  };
}
