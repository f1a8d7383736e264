import { throwIfCancelled } from "../data/read/between-blocks.ts";
import type { Axis, MetaColumn } from "../data/source.ts";
import { delimitedText, labelColumns } from "../data/write/delimited.ts";
import { tabbed } from "../data/write/table-cell.ts";
import type { OnProgress } from "../schemas/index.ts";
import type { InferredMatrix } from "./infer-input.ts";
import { matrixBlocks } from "./matrix-rows.ts";

/** What of an inference goes into a table. */
export type TableParts = Pick<InferredMatrix, "genes" | "samples" | "matrix" | "ood" | "missing">;

/**
 * The inferred profiles as the TSV file that the batch pipeline writes, samples in rows.
 * @throws AppError `bad-data` for ids that a cell cannot hold, `cancelled`
 */
export async function tsvFile(
  parts: TableParts,
  { signal, onProgress }: { readonly signal?: AbortSignal | undefined; readonly onProgress?: OnProgress | undefined },
): Promise<Blob> {
  const samples = labelled(parts);
  const total = samples.ids.length;
  async function* readBlocks() {
    for await (const block of matrixBlocks(parts)) {
      throwIfCancelled(signal, "table");
      yield block;
      onProgress?.({ phase: "write", done: block.start + block.rows, total, unit: "profiles" });
    }
  }
  const pieces: Blob[] = [];
  const matrix = { genes: parts.genes, samples, readBlocks };
  for await (const piece of delimitedText(matrix, labelColumns(samples), tabbed)) {
    pieces.push(new Blob([Uint8Array.from(piece)]));
  }
  return new Blob(pieces, { type: "text/tab-separated-values" });
}

function labelled({ samples, ood, missing }: TableParts): Axis {
  const fields = new Map<string, MetaColumn>(samples.fields);
  fields.set("lf_ood", Float64Array.from(ood));
  fields.set("lf_missing_landmarks", Float64Array.from(missing));
  return { ids: samples.ids, fields };
}
