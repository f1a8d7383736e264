import type { RegisterCommand } from "../context.ts";
import { positive } from "../numbers.ts";

interface ExplainFlags {
  readonly data?: string;
  readonly out: string;
  readonly force?: boolean;
  readonly models: string;
  readonly inputSd: number;
  readonly outputSd: number;
  readonly json?: boolean;
}

/** `explain MODEL [--data DATASET] -o DIR` */
export const explainCommand: RegisterCommand = (program, context) => {
  program
    .command("explain")
    .description("Find a net's major weights and hub units, and what its last hidden layer knows of each target.")
    .argument("<model>", "run, export or tfjs folder, or name, name:3, name@production")
    .option("--data <dataset>", "dataset directory: fits activations and landmarks to its training rows")
    .requiredOption("-o, --out <dir>", "directory for edges.tsv, hubs.tsv, adjR2.tsv and report.html")
    .option("--input-sd <sds>", "threshold of a landmark's weights, in their standard deviations", positive, 4)
    .option("--output-sd <sds>", "threshold of a target's weights, in their standard deviations", positive, 5)
    .option("--force", "replace the explanation that is in the directory")
    .option("--models <dir>", "model repository", "models")
    .option("--json", "print what was found as JSON")
    .action(async (model: string, flags: ExplainFlags) => {
      const [{ explainModel }, { explanationSummary, explanationText }] = await Promise.all([
        import("../explain-model.ts"),
        import("../explanation-text.ts"),
      ]);
      const { data, out, force = false, models, inputSd, outputSd, json } = flags;
      const thresholds = { inputs: inputSd, outputs: outputSd };
      const found = await explainModel({
        model,
        out,
        force,
        models,
        thresholds,
        context,
        ...(data !== undefined && { data }),
      });
      if (json) {
        context.print(JSON.stringify({ out, ...explanationSummary(found) }, null, 2));
        return;
      }
      context.print(explanationText(found));
      for (const note of found.notes) context.print(`note: ${note}`);
      context.print(`explanation written to ${out}/report.html`);
    });
};
