import { InvalidArgumentError } from "commander";
import { keptLayers } from "../../export/kept-layers.ts";
import { type ModelManifest, Precision } from "../../schemas/index.ts";
import type { RegisterCommand } from "../context.ts";

interface Options {
  readonly output: string;
  readonly precision: readonly Precision[];
  readonly data?: string;
  readonly genes?: string;
  readonly force?: boolean;
  readonly licence?: string;
}

/** `fp32,fp16,int8` as a list. */
function precisionList(text: string): Precision[] {
  return text.split(",").map((name) => {
    const parsed = Precision.safeParse(name.trim());
    if (parsed.success) return parsed.data;
    throw new InvalidArgumentError(`Expected some of ${Precision.options.join(", ")}, comma-separated.`);
  });
}

/** How the files agree with tfjs and with each other, a line each. */
function accuracyLines(manifest: ModelManifest): string[] {
  const [parity] = manifest.parity;
  const reference =
    parity &&
    `ONNX against tfjs on ${parity.rows} rows: at most ${parity.maxAbs.toExponential(1)} apart; ` +
      `between batch sizes: ${parity.batchDependence}`;
  const variants = manifest.task === "expression" ? (manifest.variants ?? []) : [];
  const lines = variants.map((variant) => {
    const { path, measured } = variant;
    const { rows, count, mae, change, limit } = measured;
    const bytes = manifest.files.find((file) => file.path === path)?.bytes ?? 0;
    const what = mae === undefined ? "mean difference" : "MAE";
    return (
      `${path}: ${(bytes / 1e6).toFixed(1)} MB, ${what} ${(100 * change).toFixed(3)} % on ${count} ${rows} profiles ` +
      `(limit ${100 * limit} %)${keptLayers(variant)}`
    );
  });
  return [...(reference === undefined ? [] : [reference]), ...lines];
}

/** `landfall export RUN|TFJS_DIR -o DIR`: a training run, or a bare tfjs folder, as a version folder. */
export const exportCommand: RegisterCommand = (program, context) => {
  program
    .command("export")
    .description("Export a training run or a tfjs folder to ONNX, verified against tfjs, as a version folder.")
    .argument("<source>", "folder that `landfall train` wrote, or a tfjs folder with model.json")
    .requiredOption("-o, --output <dir>", "version folder to write")
    .option("--precision <list>", `also in fewer bits: ${Precision.options.join(", ")}`, precisionList, ["fp32"])
    .option("--data <dataset>", "dataset that the run was trained on: int8 and int4 are calibrated and measured on it")
    .option("--genes <file>", "export these targets alone, as a model of its own: one gene a line")
    .option("--licence <text>", "licence to record in the manifest and on the model card")
    .option("--force", "replace a version folder that holds another model")
    .action(async (source: string, options: Options) => {
      const { output, precision, data, genes, force = false, licence } = options;
      const [{ openSession }, { exportSource }] = await Promise.all([
        import("../../runtime/node/open.ts"),
        import("../../export/source.ts"),
      ]);
      let done = false;
      const manifest = await exportSource(source, {
        out: output,
        open: openSession,
        force,
        precisions: precision,
        ...(data !== undefined && { data }),
        ...(genes !== undefined && { genes }),
        onGenesNotFound: (missing) =>
          context.note(`${missing.length} genes of the list are no targets: ${missing.slice(0, 5).join(", ")}`),
        signal: context.signal,
        onProgress: context.onProgress,
        onAlreadyDone: () => {
          done = true;
        },
        ...(licence !== undefined && { licence }),
      });
      if (done) context.note("already done");
      context.print(
        `${output}: ${manifest.task} model ${manifest.contentHash.slice(0, 12)}, ${manifest.parameters} parameters`,
      );
      for (const line of accuracyLines(manifest)) context.print(line);
      for (const note of manifest.graphNotes ?? []) context.print(`note: ${note}`);
    });
};
