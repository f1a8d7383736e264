import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { formatGenesTable } from "../data/genes-table.ts";
import { fsyncDirectory, temporaryPath, writeError, writeFileAtomic } from "../data/node/atomic.ts";
import { AppError } from "../schemas/errors.ts";
import { codeVersion, type GeneRecord, RunSelections, TrainingRun } from "../schemas/index.ts";
import type { EpochRow } from "./checkpoint.ts";
import { type LayersModel, modelJson, weightsOf } from "./layers-model.ts";
import { htmlRunReport } from "./outputs/run-report.ts";

/** Everything a finished run consists of (docs/architecture.md, "A run directory"). */
export interface RunArtifacts {
  readonly run: TrainingRun;
  readonly genes: readonly GeneRecord[];
  readonly model: LayersModel;
  /** Mean [L] and covariance [L, L] of the training landmarks. */
  readonly landmarkStats: Float32Array;
  /** One row an epoch, where the family trains in epochs. */
  readonly history?: readonly EpochRow[];
  /** Scores by the validation set selected on, of families that keep what each of them chooses. */
  readonly selections?: RunSelections["selections"];
  /** Principal components [components, L]. */
  readonly oodComponents: Float32Array;
  /** Writes further files into the run's folder while it still has a temporary name. */
  readonly writeMore?: (folder: string) => Promise<void>;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Refuses a directory that holds something already. @throws AppError `other-plan` */
export async function requireFree(path: string, force: boolean): Promise<void> {
  if (force) return;
  try {
    await stat(path);
  } catch {
    return;
  }
  throw new AppError("other-plan", {
    what: "the run directory exists already",
    where: path,
    advice: "Choose another -o, or replace it with --force",
  });
}

/** Makes the folder that the run directory and its checkpoint go into, before hours are spent. @throws AppError `cannot-create` */
export async function makeParent(path: string): Promise<void> {
  const parent = dirname(resolve(path));
  try {
    await mkdir(parent, { recursive: true });
  } catch (error) {
    throw writeError(error, parent);
  }
}

/**
 * Writes a net as a tfjs folder, `model.json` and `weights.bin`, which is made where it is missing; the weights last.
 * @throws AppError `cannot-create` when the file system refuses.
 */
export async function writeTfjs(folder: string, model: LayersModel): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(join(folder, "model.json"), modelJson(model, `landfall ${codeVersion}`));
    await writeWeights(join(folder, "weights.bin"), model);
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** Streams the weights into one file, so that a model of gigabytes is never copied. */
async function writeWeights(path: string, model: LayersModel): Promise<void> {
  await using file = await open(path, "w");
  for (const { values } of weightsOf(model)) {
    const bytes = bytesOf(values);
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, at, Math.min(bytes.length - at, 2 ** 26));
      at += bytesWritten;
    }
  }
  await file.sync();
}

/**
 * Writes a run directory: made under a temporary name beside it and renamed, so that it is whole or not there.
 * @throws AppError `cannot-create`, or `other-plan` when `path` exists and `force` is not set.
 */
export async function writeRun(path: string, artifacts: RunArtifacts, { force }: { force: boolean }): Promise<void> {
  const target = resolve(path);
  await requireFree(target, force);
  const temporary = temporaryPath(target);
  try {
    await mkdir(temporary, { recursive: true });
    const put = (name: string, data: string | Uint8Array) => writeFileAtomic(join(temporary, name), data);
    await put("genes.tsv", formatGenesTable(artifacts.genes));
    await put("landmarks.stats.f32", bytesOf(artifacts.landmarkStats));
    await put("ood.f32", bytesOf(artifacts.oodComponents));
    await writeTfjs(join(temporary, "tfjs"), artifacts.model);
    if (artifacts.history !== undefined)
      await put("history.jsonl", artifacts.history.map((row) => `${JSON.stringify(row)}\n`).join(""));
    if (artifacts.selections !== undefined) {
      const selections = RunSelections.parse({ schemaVersion: 1, selections: artifacts.selections });
      await put("selections.json", `${JSON.stringify(selections, null, 1)}\n`);
    }
    await put("report.html", htmlRunReport(artifacts.run, artifacts.history));
    await artifacts.writeMore?.(temporary);
    await put("run.json", `${JSON.stringify(TrainingRun.parse(artifacts.run), null, 1)}\n`);
    if (force) await rm(target, { recursive: true, force: true });
    await rename(temporary, target);
    await fsyncDirectory(dirname(target));
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw writeError(error, basename(target));
  }
}
