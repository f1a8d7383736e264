import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { servedOpset } from "../onnx/graph.ts";
import {
  codeVersion,
  ExpressionManifest,
  type GoldenVectors,
  type ModelVariant,
  type Parity,
  type Precision,
} from "../schemas/index.ts";
import { readExportedRun, type WrittenRun, writeRunFiles } from "./exported-run.ts";
import { modelCard } from "./model-card.ts";
import { modelFileName } from "./model-files.ts";
import { graphNotesOf } from "./passes/pass.ts";
import { writeRunVariants } from "./precision/run-variants.ts";
import type { WrittenVariants } from "./precision/variants.ts";
import type { RunDirectory } from "./run-directory.ts";
import { goldenVectors } from "./verify/golden.ts";
import { verifyRun } from "./verify/verify-run.ts";
import { type ExportOptions, reportStep, writeVersionFolder } from "./version-folder.ts";

/** What {@link exportRun} is given. */
export interface ExportRunOptions extends ExportOptions {
  /** The directory that `landfall train` wrote. */
  readonly run: string;
  /** Real profiles to verify on beside the generated ones, native `[rows, L]`. */
  readonly rows?: Float32Array;
  /** Precisions to write beside float32, which is always written. */
  readonly precisions?: readonly Precision[];
  /** The dataset that the run was trained on: int8 and int4 are calibrated and measured on it. */
  readonly data?: string;
  /** A gene list of the targets to export, one gene a line; all by default. */
  readonly genes?: string;
  /** Called with the entries of the gene list that no target answers to, where there are any. */
  readonly onGenesNotFound?: (genes: readonly string[]) => void;
}

interface Facts {
  readonly written: WrittenRun;
  readonly variants: readonly ModelVariant[];
  readonly hash: string;
  readonly parity: readonly Parity[];
  readonly golden: GoldenVectors;
  /** False where targets were chosen: the run's scores are those of all. */
  readonly isWhole: boolean;
}

type Unfiled = Omit<ExpressionManifest, "files">;

function manifestOf({ run }: RunDirectory, facts: Facts, options: ExportRunOptions): Unfiled {
  const { createdAt = new Date(), licence } = options;
  const { written, variants, hash, parity, golden, isWhole } = facts;
  const { recipe, selected, dataset, engine, device, seed, seconds, notes, transform } = run;
  return {
    schemaVersion: 1,
    task: "expression",
    contentHash: hash,
    createdAt: createdAt.toISOString(),
    codeVersion,
    inputs: written.inputs,
    outputs: written.outputs,
    opset: servedOpset,
    parameters: written.parameters,
    parity: [...parity],
    ...graphNotesOf(written.passes),
    origin: "trained",
    ...(licence !== undefined && { licence }),
    idType: run.idType,
    scale: run.scale,
    ...(run.level !== undefined && { level: run.level }),
    landmarks: transform.landmarks.mean.length,
    targets: transform.targets.mean.length,
    transform,
    inputProfile: run.inputProfile,
    ood: run.ood,
    training: { recipe, selected, dataset, engine, device, seed, codeVersion: run.codeVersion, seconds, notes },
    ...(isWhole && { scores: run.scores }),
    golden,
    ...(variants.length > 0 && { variants: [...variants] }),
  };
}

/** Copies the run's report where it has one. */
async function copyReport(run: string, dir: string): Promise<readonly string[]> {
  try {
    await copyFile(join(run, "report.html"), join(dir, "report.html"));
    return ["report.html"];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Exports a training run as a version folder: `model.onnx`, `manifest.json`, `genes.tsv`, `landmarks.stats.f32`,
 * `tfjs/`, `card.md`, `parity.json`, `variants/` where precisions are asked for, and `report.html` where the run has one.
 * The graph is verified against tfjs, and variants against the graph, before anything becomes visible. With a gene list
 * it is a smaller model of its own, without `tfjs/`, report and scores, which are those of the whole.
 * @throws AppError `no-input` for an incomplete run, `bad-data` or `bad-model` for a damaged one, when ONNX and tfjs
 *   disagree, or when a variant costs more accuracy than its limit; `usage` for precisions that need a dataset;
 *   `other-plan` when `out` holds another model, `cannot-create`, `cancelled`.
 */
export async function exportRun(options: ExportRunOptions): Promise<ExpressionManifest> {
  reportStep(options, 0, "read the run");
  const { open, precisions = [], data, signal, rows } = options;
  const exported = await readExportedRun(options.run, options.genes);
  const { source, columns, notFound } = exported;
  if (notFound.length > 0) options.onGenesNotFound?.(notFound);
  let made: { readonly written: WrittenRun; readonly variants: WrittenVariants } | undefined;
  const manifest = await writeVersionFolder(options, {
    writeIdentity: async (dir) => {
      reportStep(options, 1, "write the graph");
      const written = await writeRunFiles(dir, exported);
      const onVariant = (label: string): void => reportStep(options, 1, `write and measure the ${label} variant`);
      const variants = await writeRunVariants({ source, ...written, precisions, data, open, onVariant });
      made = { written, variants };
      return [...written.files, ...variants.files];
    },
    finish: async (dir, hash) => {
      if (made === undefined) throw new Error("finished before it was written");
      const { written, variants } = made;
      reportStep(options, 2, "verify against tfjs");
      await using session = await open({ path: join(dir, modelFileName) }, { device: "cpu" });
      const { parity, layers } = await verifyRun(session, { exported, written, open, rows, signal });
      const golden = await goldenVectors(session, { ...source.run, components: source.components });
      reportStep(options, 3, "write the manifest");
      const all = [parity, ...variants.parity];
      const facts = { written, variants: variants.variants, hash, parity: all, golden, isWhole: columns === undefined };
      const unfiled = manifestOf(source, facts, options);
      await writeFile(join(dir, "card.md"), modelCard(unfiled));
      const record = { schemaVersion: 1, parity: all, layers, passes: written.passes };
      await writeFile(join(dir, "parity.json"), `${JSON.stringify(record, null, 1)}\n`);
      const report = columns === undefined ? await copyReport(options.run, dir) : [];
      return { manifest: unfiled, others: ["card.md", "parity.json", ...report] };
    },
  });
  reportStep(options, 4, "done");
  return ExpressionManifest.parse(manifest);
}
