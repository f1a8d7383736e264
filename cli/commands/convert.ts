import { Option } from "commander";
import { MatrixFormat, type ValueStorage } from "../../schemas/index.ts";
import type { RegisterCommand } from "../context.ts";
import { storageOptions } from "./infer.ts";

interface ConvertFlags {
  readonly format?: MatrixFormat;
  readonly storage?: ValueStorage;
  readonly round?: number;
  readonly orientation?: "samples" | "genes";
  readonly force?: boolean;
}

/** `landfall convert`: an expression file in another format. */
export const convertCommand: RegisterCommand = (program, { signal, onProgress, print, note }) => {
  const command = program
    .command("convert")
    .description(
      "Convert an expression file between gctx, zarr, arrow, gct, tsv, csv (also .gz) and npy. What tsv, csv and npy have no place for goes to OUT.genes.tsv and OUT.samples.tsv.",
    )
    .argument("<in>", "file to read; its format is told by its content")
    .argument("<out>", "file to write; its format is told by its extension")
    .addOption(new Option("--format <format>", "format to write, whatever the extension").choices(MatrixFormat.options))
    .addOption(
      new Option("--orientation <rows>", "what the rows of a tsv or csv input are").choices(["samples", "genes"]),
    )
    .option("--force", "replace an output that holds something else");
  for (const option of storageOptions()) command.addOption(option);
  command.action(async (input: string, output: string, flags: ConvertFlags) => {
    const { format, orientation, storage, round, force = false } = flags;
    const { openExpression } = await import("../../data/node/open.ts");
    const { writeExpression } = await import("../../data/node/write.ts");
    await using source = await openExpression(input, orientation && { orientation });
    for (const warning of source.warnings) note(`${source.label}: ${warning}`);
    const existing = force ? "replace" : "keep";
    const {
      outcome,
      notes,
      tables = [],
    } = await writeExpression(output, source, {
      ...(format && { format }),
      storage,
      round,
      existing,
      onProgress,
      signal,
    });
    for (const remark of notes) note(`${output}: ${remark}`);
    if (tables.length > 0) note(`${output}: fields of genes and samples are in ${tables.join(" and ")}`);
    if (outcome === "unchanged") note(`${output}: already done`);
    print(output);
  });
};
