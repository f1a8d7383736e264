import type { RegisterCommand } from "../context.ts";

interface Options {
  readonly output: string;
  readonly force?: boolean;
  readonly licence?: string;
}

/** `landfall export RUN|TFJS_DIR -o DIR`: a training run, or a bare tfjs folder, as a version folder. */
export const exportCommand: RegisterCommand = (program, context) => {
  program
    .command("export")
    .description("Export a training run or a tfjs folder to ONNX, verified against tfjs, as a version folder.")
    .argument("<source>", "folder that `landfall train` wrote, or a tfjs folder with model.json")
    .requiredOption("-o, --output <dir>", "version folder to write")
    .option("--licence <text>", "licence to record in the manifest and on the model card")
    .option("--force", "replace a version folder that holds another model")
    .action(async (source: string, { output, force = false, licence }: Options) => {
      const [{ openSession }, { exportSource }] = await Promise.all([
        import("../../runtime/node/open.ts"),
        import("../../export/source.ts"),
      ]);
      let done = false;
      const manifest = await exportSource(source, {
        out: output,
        open: openSession,
        force,
        signal: context.signal,
        onProgress: context.onProgress,
        onAlreadyDone: () => {
          done = true;
        },
        ...(licence !== undefined && { licence }),
      });
      if (done) context.note("already done");
      const [parity] = manifest.parity;
      context.print(
        `${output}: ${manifest.task} model ${manifest.contentHash.slice(0, 12)}, ${manifest.parameters} parameters`,
      );
      if (parity !== undefined)
        context.print(
          `ONNX against tfjs on ${parity.rows} rows: at most ${parity.maxAbs.toExponential(1)} apart; ` +
            `between batch sizes: ${parity.batchDependence}`,
        );
    });
};
