import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Graph, servedOpset } from "../onnx/graph.ts";
import type { SessionHost } from "../runtime/session.ts";
import {
  AppError,
  codeVersion,
  ExpressionManifest,
  type GoldenVectors,
  type Parity,
  TensorSignature,
} from "../schemas/index.ts";
import { inverseOf, servedGraph } from "./graph.ts";
import { modelCard } from "./model-card.ts";
import { copyTfjs, modelFileName, writeModelFiles } from "./model-files.ts";
import { oodScores } from "./ood.ts";
import { type PassReport, runPasses } from "./passes/pass.ts";
import { parameterCount, readLayersModel } from "./read/layers-model.ts";
import { type RunDirectory, readRunDirectory } from "./run-directory.ts";
import { goldenVectors } from "./verify/golden.ts";
import { verifyParity } from "./verify/parity.ts";
import { parityRows, standardised } from "./verify/rows.ts";
import { withTfjsModel } from "./verify/tfjs-model.ts";
import { type ExportOptions, reportStep, writeVersionFolder } from "./version-folder.ts";

/** What {@link exportRun} is given. */
export interface ExportRunOptions extends ExportOptions {
  /** The directory that `landfall train` wrote. */
  readonly run: string;
  /** Real profiles to verify on beside the generated ones, native `[rows, L]`. */
  readonly rows?: Float32Array;
}

/** What is known of a graph after its weights are written and gone. */
interface Written {
  readonly files: readonly string[];
  readonly inputs: TensorSignature[];
  readonly outputs: TensorSignature[];
  readonly parameters: number;
  readonly passes: readonly PassReport[];
}

/** The values of a graph's border as the manifest states them. */
export function signatures(values: Graph["inputs"]): TensorSignature[] {
  return values.map((value) => TensorSignature.parse(value));
}

/** Lowers the run's net: its weights are read from the files straight into the graph. */
async function lowered({ path, run: { transform, ood }, components }: RunDirectory) {
  const model = await readLayersModel(join(path, "tfjs"));
  const parameters = parameterCount(model);
  return { ...runPasses(servedGraph({ model, transform, ood, components })), parameters };
}

/** Writes the graph; its weights are unreachable when this returns. */
async function writeServed(dir: string, source: RunDirectory): Promise<Written> {
  const { graph, reports: passes, parameters } = await lowered(source);
  const { genes, run } = source.hashes;
  const files = await writeModelFiles(dir, graph, { "landfall.genes": genes, "landfall.run": run });
  return { files, inputs: signatures(graph.inputs), outputs: signatures(graph.outputs), parameters, passes };
}

/** Compares the written graph with tfjs: targets in z units, and `ood` with its formula in float64. */
async function verify(
  session: SessionHost,
  { path, run: { transform, ood }, components }: RunDirectory,
  { rows, signal }: ExportRunOptions,
): Promise<Parity> {
  const generated = parityRows({ transform, ood, components });
  const l = transform.landmarks.mean.length;
  const native = new Float32Array(generated.length + (rows?.length ?? 0));
  native.set(generated);
  native.set(rows ?? [], generated.length);
  const count = native.length / l;
  if (!Number.isInteger(count))
    throw new AppError("usage", {
      what: "the rows to verify on are not profiles",
      expected: `a multiple of ${l} values`,
    });
  const z = standardised(native, transform);
  return withTfjsModel(join(path, "tfjs"), async (tfjs) => {
    const [targets] = tfjs.predict([{ type: "float32", dims: [count, l], data: z }]);
    const values = Float32Array.from(targets?.data ?? [], Number);
    return verifyParity({
      variant: "fp32",
      session,
      feeds: { landmarks: { type: "float32", dims: [count, l], data: native } },
      expected: [
        { output: "targets", dims: targets?.dims ?? [], values, inverse: inverseOf(transform) },
        { output: "ood", dims: [count, 1], values: oodScores(z, { ood, components }) },
      ],
      signal,
    });
  });
}

interface Facts {
  readonly written: Written;
  readonly hash: string;
  readonly parity: Parity;
  readonly golden: GoldenVectors;
}

type Unfiled = Omit<ExpressionManifest, "files">;

function manifestOf(
  { run }: RunDirectory,
  { written, hash, parity, golden }: Facts,
  options: ExportRunOptions,
): Unfiled {
  const { createdAt = new Date(), licence } = options;
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
    parity: [parity],
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
    scores: run.scores,
    golden,
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
 * `tfjs/`, `card.md`, `parity.json`, and `report.html` where the run has one. The graph is verified against tfjs before
 * anything becomes visible.
 * @throws AppError `no-input` for an incomplete run, `bad-data` or `bad-model` for a damaged one or when ONNX and tfjs
 *   disagree, `other-plan` when `out` holds another model, `cannot-create`, `cancelled`.
 */
export async function exportRun(options: ExportRunOptions): Promise<ExpressionManifest> {
  reportStep(options, 0, "read the run");
  const source = await readRunDirectory(options.run);
  let written: Written | undefined;
  const manifest = await writeVersionFolder(options, {
    writeIdentity: async (dir) => {
      reportStep(options, 1, "write the graph");
      written = await writeServed(dir, source);
      for (const file of ["genes.tsv", "landmarks.stats.f32"]) await copyFile(join(options.run, file), join(dir, file));
      return [
        ...written.files,
        "genes.tsv",
        "landmarks.stats.f32",
        ...(await copyTfjs(join(options.run, "tfjs"), dir)),
      ];
    },
    finish: async (dir, hash) => {
      if (written === undefined) throw new Error("finished before it was written");
      reportStep(options, 2, "verify against tfjs");
      await using session = await options.open({ path: join(dir, modelFileName) }, { device: "cpu" });
      const parity = await verify(session, source, options);
      const golden = await goldenVectors(session, { ...source.run, components: source.components });
      reportStep(options, 3, "write the manifest");
      const unfiled = manifestOf(source, { written, hash, parity, golden }, options);
      await writeFile(join(dir, "card.md"), modelCard(unfiled));
      const record = { schemaVersion: 1, parity: [parity], passes: written.passes };
      await writeFile(join(dir, "parity.json"), `${JSON.stringify(record, null, 1)}\n`);
      return { manifest: unfiled, others: ["card.md", "parity.json", ...(await copyReport(options.run, dir))] };
    },
  });
  reportStep(options, 4, "done");
  return ExpressionManifest.parse(manifest);
}
