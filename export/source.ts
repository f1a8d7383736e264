import { access } from "node:fs/promises";
import { join } from "node:path";
import { AppError, type ModelManifest } from "../schemas/index.ts";
import { exportRun } from "./expression.ts";
import { exportGeneric } from "./generic.ts";
import type { ExportOptions } from "./version-folder.ts";

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Exports whatever the folder holds: a training run (`run.json`) or a bare tfjs model (`model.json`).
 * @throws AppError `no-input` when it holds neither, and as the exports do.
 */
export async function exportSource(source: string, options: ExportOptions): Promise<ModelManifest> {
  if (await exists(join(source, "run.json"))) return exportRun({ ...options, run: source });
  if (await exists(join(source, "model.json"))) return exportGeneric({ ...options, dir: source });
  throw new AppError("no-input", {
    what: "nothing to export",
    where: source,
    expected: "run.json of `landfall train`, or model.json of a tfjs model",
  });
}
