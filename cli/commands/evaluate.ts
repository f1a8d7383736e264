import { Option } from "commander";
import type { SplitName } from "../../data/dataset/split.ts";
import type { RegisterCommand } from "../context.ts";
import { integer } from "../numbers.ts";

interface EvaluateFlags {
  readonly data: string;
  readonly out: string;
  readonly split: SplitName;
  readonly against?: string;
  readonly base?: string;
  readonly stress?: boolean;
  readonly lasso?: boolean;
  readonly seed: number;
  readonly force?: boolean;
  readonly models: string;
  readonly json?: boolean;
}

/** `evaluate MODEL… --data DATASET -o REPORT` */
export const evaluateCommand: RegisterCommand = (program, context) => {
  program
    .command("evaluate")
    .description("Score models on a dataset, beside the mean, KNN-GE and ridge, with a report.")
    .argument("<model...>", "name, name:3, name@production, or an export directory")
    .requiredOption("--data <dataset>", "dataset directory made by `prepare`")
    .requiredOption("-o, --out <report>", "directory for metrics.json, per_gene.tsv and report.html")
    .addOption(
      new Option("--split <split>", "rows to score on").choices(["train", "validation", "test"]).default("test"),
    )
    .option("--against <dataset>", "second dataset, such as a random split of the same file: prints the gap")
    .option(
      "--base <name>",
      "model or baseline that the others are held against (default: ridge, KNN-GE for ridge itself)",
    )
    .option("--lasso", "fit LASSO as a baseline too: takes minutes on a large dataset")
    .option("--stress", "hide 1, 5, 10 and 25 % of the landmarks of all profiles (default: of 2,000 at most)")
    .option("--no-stress", "do not")
    .option("--seed <n>", "seed of the bootstrap and of which landmarks are hidden", integer, 0)
    .option("--force", "replace the report that is in the directory")
    .option("--models <dir>", "model repository", "models")
    .option("--json", "print metrics.json")
    .action(async (references: string[], flags: EvaluateFlags) => {
      const [{ evaluateReferences }, { evaluationTables }] = await Promise.all([
        import("../evaluate-models.ts"),
        import("../evaluation-table.ts"),
      ]);
      const { evaluation } = await evaluateReferences({ references, ...flags, context });
      if (flags.json) {
        context.print(JSON.stringify(evaluation, null, 2));
        return;
      }
      context.print(evaluationTables(evaluation));
      for (const note of evaluation.notes) context.print(`note: ${note}`);
      context.print(`report written to ${flags.out}/report.html`);
    });
};
