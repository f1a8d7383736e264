import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeError, writeFileAtomic } from "../data/node/atomic.ts";
import { Evaluation } from "../schemas/evaluation.ts";
import type { EvaluationResult } from "./evaluate.ts";
import { perGeneTsv } from "./per-gene.ts";
import { htmlReport } from "./report.ts";

/** The files of an evaluation directory. */
export const evaluationFiles = { metrics: "metrics.json", perGene: "per_gene.tsv", report: "report.html" } as const;

/**
 * Writes `metrics.json`, `per_gene.tsv` and `report.html` into `directory`, which is made where it is missing; each
 * file atomically, replacing an older one. The bytes depend on the result alone.
 * @throws AppError `cannot-create` when the file system refuses.
 */
export async function writeEvaluation(directory: string, result: EvaluationResult): Promise<void> {
  const metrics = `${JSON.stringify(Evaluation.parse(result.evaluation), undefined, 2)}\n`;
  const contents = { metrics, perGene: perGeneTsv(result.perGene), report: htmlReport(result) };
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw writeError(error, directory);
  }
  for (const kind of ["metrics", "perGene", "report"] as const)
    await writeFileAtomic(join(directory, evaluationFiles[kind]), contents[kind]);
}
