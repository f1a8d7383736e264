import { join } from "node:path";
import { exists } from "../data/node/exists.ts";
import { AppError, type ModelManifest } from "../schemas/index.ts";
import { type ExportRunOptions, exportRun } from "./expression.ts";
import { exportGeneric } from "./generic.ts";

/** What {@link exportSource} is given; precisions beside float32, a dataset and a gene list are for training runs. */
export type ExportSourceOptions = Omit<ExportRunOptions, "run">;

/** A bare tfjs model has neither rows to measure on nor genes to choose from. */
function refuseForGeneric({ precisions = [], genes, data }: ExportSourceOptions, where: string): void {
  const asked = [
    ...precisions.filter((precision) => precision !== "fp32").map((precision) => `--precision ${precision}`),
    ...(genes === undefined ? [] : ["--genes"]),
    ...(data === undefined ? [] : ["--data"]),
  ];
  if (asked.length === 0) return;
  throw new AppError("usage", {
    what: "these options are for training runs, and this is a bare tfjs model",
    where,
    got: asked.join(", "),
    advice: "Export the folder that `landfall train` wrote, or leave them out",
  });
}

/**
 * Exports whatever the folder holds: a training run (`run.json`) or a bare tfjs model (`model.json`).
 * @throws AppError `no-input` when it holds neither, `usage` for options that a bare model cannot have, and as the
 *   exports do.
 */
export async function exportSource(source: string, options: ExportSourceOptions): Promise<ModelManifest> {
  if (await exists(join(source, "run.json"))) return exportRun({ ...options, run: source });
  if (await exists(join(source, "model.json"))) {
    refuseForGeneric(options, source);
    return exportGeneric({ ...options, dir: source });
  }
  throw new AppError("no-input", {
    what: "nothing to export",
    where: source,
    expected: "run.json of `landfall train`, or model.json of a tfjs model",
  });
}
