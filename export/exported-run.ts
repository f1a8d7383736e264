import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { formatGenesTable } from "../data/genes-table.ts";
import { elementCount } from "../onnx/element.ts";
import { type Graph, servedOpset } from "../onnx/graph.ts";
import { selectColumns } from "../onnx/rewrite/select-columns.ts";
import { AppError, type TensorSignature } from "../schemas/index.ts";
import { servedGraph } from "./graph.ts";
import { copyTfjs, writeModelFiles } from "./model-files.ts";
import { type PassReport, runPasses } from "./passes/pass.ts";
import { parameterCount, readLayersModel } from "./read/layers-model.ts";
import { type RunDirectory, readRunDirectory } from "./run-directory.ts";
import { selectTargets } from "./select-targets.ts";
import { signatures } from "./signatures.ts";
import type { WrittenGraph } from "./verify/verify-export.ts";

/** A run that is exported, with all of its targets or some. */
export interface ExportedRun {
  /** The run as it was read: that of the whole net. */
  readonly whole: RunDirectory;
  /** The run as it is exported. */
  readonly source: RunDirectory;
  /** Which of the whole run's targets are exported; absent: all. */
  readonly columns?: Int32Array;
  /** Genes asked for that no target answers to. */
  readonly notFound: readonly string[];
}

/** What is known of a graph that is written. */
export interface WrittenRun extends WrittenGraph {
  /** Paths relative to the folder. */
  readonly files: readonly string[];
  readonly inputs: TensorSignature[];
  readonly outputs: TensorSignature[];
  readonly parameters: number;
  readonly passes: readonly PassReport[];
}

/**
 * Reads a run directory, and the gene list of the targets to export where one is given.
 * @throws AppError `no-input` for a file that cannot be read, `bad-data` for a damaged run, `usage` for a list without a
 *   target.
 */
export async function readExportedRun(run: string, genes: string | undefined): Promise<ExportedRun> {
  const whole = await readRunDirectory(run);
  if (genes === undefined) return { whole, source: whole, notFound: [] };
  const list = await readFile(genes, "utf8").catch((cause: unknown) => {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the gene list cannot be read", where: genes, got }, { cause });
  });
  return { whole, ...selectTargets(whole, list, genes) };
}

const constantCount = ({ initializers }: Graph): number =>
  [...initializers.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);

/** Lowers the run's net with all of its targets, and keeps the chosen ones: weights stay in the run's files. */
async function lowered({ whole: { path, run, components }, columns }: ExportedRun) {
  const model = await readLayersModel(join(path, "tfjs"));
  const parameters = parameterCount(model);
  const { transform, ood } = run;
  const { graph, reports } = runPasses(servedGraph({ model, transform, ood, components }));
  if (columns === undefined) return { graph, reports, parameters };
  const pruned = selectColumns({ graph, opset: servedOpset }, { output: "targets", columns });
  return { graph: pruned, reports, parameters: parameters - constantCount(graph) + constantCount(pruned) };
}

/**
 * Writes `model.onnx`, `genes.tsv`, `landmarks.stats.f32` and, with all targets, `tfjs/` into `dir`; the net of fewer
 * targets is not the run's, and goes without. Weights stay in the run's files but for the part that is being written.
 */
export async function writeRunFiles(dir: string, exported: ExportedRun): Promise<WrittenRun> {
  const { graph, reports: passes, parameters } = await lowered(exported);
  const { whole, source, columns } = exported;
  const metadata = { "landfall.genes": source.hashes.genes, "landfall.run": source.hashes.run };
  const files = [...(await writeModelFiles(dir, graph, metadata)), "genes.tsv", "landmarks.stats.f32"];
  await copyFile(join(whole.path, "landmarks.stats.f32"), join(dir, "landmarks.stats.f32"));
  if (columns === undefined) {
    await copyFile(join(whole.path, "genes.tsv"), join(dir, "genes.tsv"));
    files.push(...(await copyTfjs(join(whole.path, "tfjs"), dir)));
  } else await writeFile(join(dir, "genes.tsv"), formatGenesTable(source.genes));
  const [inputs, outputs] = [signatures(graph.inputs), signatures(graph.outputs)];
  return { dir, graph, metadata, files, inputs, outputs, parameters, passes };
}
