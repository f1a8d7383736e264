import { rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { OpenDataset } from "../data/node/dataset.ts";
import { sha256 } from "../data/node/hash.ts";
import { InputProfileBuilder } from "../data/scale/profile.ts";
import type { OpenSession } from "../runtime/session.ts";
import { AppError } from "../schemas/errors.ts";
import { codeVersion, type GeneTransform, type Recipe, type TrainingRun } from "../schemas/index.ts";
import { ridgeBaseline } from "./baseline.ts";
import type { FittedModel } from "./families/family.ts";
import { fitFamily } from "./family-of.ts";
import { geneRecords, heldOut, scoreSplit } from "./held-out.ts";
import { landmarkStats } from "./landmark-stats.ts";
import { finishOod, fitOod, oodDistances } from "./ood.ts";
import { makeParent, type RunArtifacts, requireFree, writeRun } from "./run-directory.ts";
import { type SecondMoments, secondMoments } from "./second-moments.ts";
import { type PredictZ, type TrainingContext, type TrainingData, trainingData } from "./standardised.ts";

/** What one training needs. */
export interface TrainOptions extends TrainingContext {
  readonly recipe: Recipe;
  readonly dataset: OpenDataset;
  readonly open: OpenSession;
  /** The run directory to make. */
  readonly out: string;
  readonly force?: boolean;
  /** Goes on from the checkpoint that a stopped training of the same recipe and dataset has left. */
  readonly resume?: boolean;
}

function transformOf({ dataset, landmarkMoments, targetMoments }: OpenDataset): GeneTransform {
  const { epsilon, clip } = dataset.standardisation;
  const lists = ({ mean, sd }: { mean: Float64Array; sd: Float64Array }) => ({
    mean: Array.from(mean),
    sd: Array.from(sd),
  });
  return {
    epsilon,
    ...(clip !== undefined && { clip }),
    landmarks: lists(landmarkMoments),
    targets: lists(targetMoments),
  };
}

/** sd + epsilon: one z unit in the model's units. */
const unitsOf = (sd: Float64Array, epsilon: number): Float64Array => sd.map((value) => value + epsilon);

async function inputProfile(dataset: OpenDataset): Promise<TrainingRun["inputProfile"]> {
  const builder = new InputProfileBuilder({ landmarks: dataset.landmarks.length, seed: 0 });
  for await (const { landmarks, rows } of dataset.blocks({ split: "train", units: "native" }))
    builder.add(landmarks, rows);
  return builder.finish();
}

const isRidge = (recipe: Recipe): boolean => recipe.family === "linear" && recipe.penalty === "l2";

/** Says what a reader of the scores must know about how they came about. */
function honestNotes(dataset: OpenDataset, fitted: FittedModel): string[] {
  const { fittedOn } = dataset.dataset.standardisation;
  return [
    ...fitted.notes,
    ...(fittedOn === "train" ? [] : [`standardisation was fitted on ${fittedOn} rows, test rows included`]),
    ...(dataset.sampleCount("validation") > 0
      ? []
      : ["no validation rows: no reliability, no intervals, and the OOD threshold comes from training rows"]),
  ];
}

/**
 * The checkpoint stands beside the run directory, which appears only when it is whole.
 * @throws AppError `no-input` when there is none to resume, `other-plan` when one would be lost.
 */
async function checkpointPlan({ recipe, dataset, out, force = false, resume = false }: TrainOptions) {
  const path = `${resolve(out)}.checkpoint`;
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  if (resume && !exists)
    throw new AppError("no-input", {
      what: "there is no checkpoint to go on from",
      where: path,
      advice: "Train without --resume",
    });
  if (exists && !resume && !force)
    throw new AppError("other-plan", {
      what: "a stopped training has left a checkpoint",
      where: path,
      advice: "Go on from it with --resume, or start again with --force",
    });
  return { path, resume, identity: sha256(JSON.stringify({ recipe, dataset: dataset.hash })) };
}

/** Trains a recipe on a dataset and writes the run directory. Returns what `run.json` says. */
export async function train(options: TrainOptions): Promise<TrainingRun> {
  const { recipe, dataset, open, out, force = false } = options;
  await requireFree(out, force);
  const checkpoint = await checkpointPlan(options);
  await makeParent(out);
  const startedAt = new Date();
  const data = trainingData(dataset, options.signal);
  const moments = await secondMoments(data, open, options);
  await using fitted = await fitFamily(recipe, { data, moments, open, context: options, checkpoint });
  await using baseline = isRidge(recipe) ? undefined : await ridgeBaseline(data, moments, { open, context: options });
  const ridge = baseline?.predictZ ?? fitted.predictZ;
  const artifacts = await describe({ options, data, moments, fitted, ridge, startedAt });
  await writeRun(out, artifacts, { force });
  await rm(checkpoint.path, { force: true });
  return artifacts.run;
}

interface Described {
  readonly options: TrainOptions;
  readonly data: TrainingData;
  readonly moments: SecondMoments;
  readonly fitted: FittedModel;
  readonly ridge: PredictZ;
  readonly startedAt: Date;
}

/** Scores the fitted model and gathers everything that the run directory holds. */
async function describe({ options, data, moments, fitted, ridge, startedAt }: Described): Promise<RunArtifacts> {
  const { dataset, recipe } = options;
  const transform = transformOf(dataset);
  const ood = fitOod(moments);
  const validated = data.count("validation") > 0;
  const held = validated ? await heldOut(data, { predict: fitted.predictZ, ood, targets: dataset.targets }) : undefined;
  const contestants = { model: fitted.predictZ, ridge, context: options };
  const scores: TrainingRun["scores"] = { train: await scoreSplit(data, "train", contestants) };
  if (validated) scores.validation = await scoreSplit(data, "validation", contestants);
  if (data.count("test") > 0) scores.test = await scoreSplit(data, "test", contestants);
  const distances = held?.distances ?? (await trainingDistances(data, ood));
  const { landmarkMoments, targetMoments } = dataset;
  return {
    model: fitted.model,
    genes: geneRecords(dataset, unitsOf(targetMoments.sd, transform.epsilon), held),
    landmarkStats: landmarkStats(moments, {
      mean: landmarkMoments.mean,
      unit: unitsOf(landmarkMoments.sd, transform.epsilon),
    }),
    oodComponents: ood.components,
    ...(fitted.training && { history: fitted.training.history }),
    run: {
      schemaVersion: 1,
      task: "expression",
      recipe,
      selected: { ...fitted.selected },
      candidates: [...fitted.candidates],
      dataset: { name: dataset.dataset.name, hash: dataset.hash },
      engine: fitted.training?.engine ?? "closed-form",
      device: fitted.training?.device ?? "cpu",
      seed: fitted.training?.seed ?? 0,
      codeVersion,
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      idType: dataset.dataset.idType,
      scale: dataset.dataset.scale,
      ...(dataset.dataset.level !== undefined && { level: dataset.dataset.level }),
      transform,
      inputProfile: await inputProfile(dataset),
      ood: finishOod(ood, distances),
      scores,
      notes: honestNotes(dataset, fitted),
    },
  };
}

async function trainingDistances(data: TrainingData, ood: ReturnType<typeof fitOod>): Promise<number[]> {
  const distances: number[] = [];
  for await (const { landmarks } of data.blocks("train")) distances.push(...oodDistances(ood, landmarks));
  return distances;
}
