import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { writeAtomic, writeError, writeFileAtomic } from "../../data/node/atomic.ts";
import { type ExplanationPage, htmlExplanation } from "./report.ts";
import { edgeTable, fitTable, hubTable } from "./tables.ts";

/** The files of an explanation. */
export const explanationFiles = {
  edges: "edges.tsv",
  hubs: "hubs.tsv",
  fit: "adjR2.tsv",
  report: "report.html",
} as const;

/**
 * Writes `edges.tsv`, `hubs.tsv`, `adjR2.tsv` (where activations were fitted) and `report.html` into `folder`, which is
 * made where it is missing; each file atomically, replacing an older one, and none of an older explanation is left. The
 * bytes depend on the parts alone.
 * @throws AppError `cannot-create` when the file system refuses.
 */
export async function writeExplanation(folder: string, page: ExplanationPage): Promise<void> {
  const { explanation, genes, fit } = page;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(error, folder);
  });
  await writeAtomic(join(folder, explanationFiles.edges), async (temporary) => {
    await using file = await open(temporary, "wx");
    await pipeline(edgeTable(explanation, genes), file.createWriteStream());
  });
  await writeFileAtomic(join(folder, explanationFiles.hubs), hubTable(explanation));
  if (fit !== undefined) await writeFileAtomic(join(folder, explanationFiles.fit), fitTable(fit));
  else await rm(join(folder, explanationFiles.fit), { force: true });
  await writeFileAtomic(join(folder, explanationFiles.report), htmlExplanation(page));
}
