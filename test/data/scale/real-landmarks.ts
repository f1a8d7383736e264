import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { alignLandmarks } from "../../../data/genes/align.ts";
import { gatherLandmarks } from "../../../data/genes/gather.ts";
import { openExpression } from "../../../data/node/open.ts";
import type { MetaColumn } from "../../../data/source.ts";
import type { GeneRecord } from "../../../schemas/index.ts";

const root = process.env["LANDFALL_DATA"] ?? "../shared/data";

/** Landmarks of a real file: `[rows, landmarks]`, with the samples' metadata. */
export interface RealLandmarks {
  readonly values: Float32Array;
  readonly rows: number;
  readonly fields: ReadonlyMap<string, MetaColumn>;
}

/** The absolute path of a real file, or undefined where the data are absent. */
export function realFile(path: string): string | undefined {
  const file = resolve(root, path);
  return existsSync(file) ? file : undefined;
}

/** The genes that RNAseqDB marks as L1000 landmarks, by Entrez id. */
export async function rnaseqdbLandmarks(file: string): Promise<GeneRecord[]> {
  await using source = await openExpression(file);
  const space = source.genes.fields.get("l1000_space") ?? [];
  const entrez = source.genes.fields.get("pr_gene_id") ?? [];
  return source.genes.ids.flatMap((id, i) =>
    space[i] === "landmark"
      ? [{ id, role: "landmark" as const, symbol: id, entrez: String(entrez[i]), ensembl: "" }]
      : [],
  );
}

/** The values of `landmarks` in a real file; several probes of one are averaged. */
export async function readLandmarks(
  file: string,
  landmarks: readonly GeneRecord[],
  chip?: string,
): Promise<RealLandmarks> {
  await using source = await openExpression(file);
  const fields = chip === undefined ? source.genes.fields : new Map([["pr_gene_id", entrezOf(source.genes.ids, chip)]]);
  const input = { ids: source.genes.ids, fields };
  const alignment = alignLandmarks({ landmarks, input, duplicates: "mean", label: source.label });
  const values = new Float32Array(source.samples.ids.length * landmarks.length);
  for await (const block of source.blocks()) {
    values.set(gatherLandmarks(block, alignment), block.start * landmarks.length);
  }
  return { values, rows: source.samples.ids.length, fields: source.samples.fields };
}

/** The rows that are wanted, as a matrix of its own. */
export function pickRows({ values, rows, fields }: RealLandmarks, wanted: (row: number) => boolean): RealLandmarks {
  const columns = values.length / rows;
  const picked = Array.from({ length: rows }, (_, row) => row).filter(wanted);
  const part = new Float32Array(picked.length * columns);
  for (const [to, from] of picked.entries())
    part.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  return { values: part, rows: picked.length, fields };
}

/** Entrez ids of probes, from a GenePattern .chip file. */
function entrezOf(probes: readonly string[], chip: string): string[] {
  const lines = readFileSync(chip, "utf8").split("\n");
  const known = new Map(lines.map((line) => line.split("\t").slice(0, 2) as [string, string]));
  return probes.map((probe) => known.get(probe) ?? "");
}
