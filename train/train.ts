import { rm } from "node:fs/promises";
import type { OpenDataset } from "../data/node/dataset.ts";
import { InputProfileBuilder } from "../data/scale/profile.ts";
import { requireDevice } from "../runtime/node/require-device.ts";
import type { Device, OpenSession, Provider } from "../runtime/session.ts";
import { codeVersion, type GeneRecord, type GeneTransform, type Recipe, type TrainingRun } from "../schemas/index.ts";
import { isTunedRidge, ridgeBaseline } from "./baseline.ts";
import { checkpointPlan, removeFinishedCheckpoint } from "./checkpoint-place.ts";
import { requireOwnDevice } from "./engine-device.ts";
import type { FittedModel } from "./families/family.ts";
import { fitFamily } from "./family-of.ts";
import { finishedRun } from "./finished-run.ts";
import { geneRecords, heldOut, scoreSplit } from "./held-out.ts";
import { landmarkStats } from "./landmark-stats.ts";
import { finishOod, fitOod, oodDistances } from "./ood.ts";
import { requireServed } from "./require-served.ts";
import { makeParent, type RunArtifacts, requireFree, writeRun } from "./run-directory.ts";
import { type SecondMoments, secondMoments } from "./second-moments.ts";
import { scoreSelections } from "./selections.ts";
import { type PredictZ, type TrainingContext, type TrainingData, trainingData } from "./standardised.ts";

/** What one training needs. */
export interface TrainOptions extends TrainingContext {
  readonly recipe: Recipe;
  readonly dataset: OpenDataset;
  readonly open: OpenSession;
  /** Where to compute; `auto` unless told. */
  readonly device?: Device;
  /** The run directory to make. */
  readonly out: string;
  readonly force?: boolean;
  /** Goes on from the checkpoint that a stopped training of the same recipe and dataset has left. */
  readonly resume?: boolean;
  /** Called when `out` holds this very run already; nothing is trained then. */
  readonly onAlreadyDone?: () => void;
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
  const joint = quantileReference(dataset);
  return { ...builder.finish(), ...(joint && { joint }) };
}

const quantileReference = ({ dataset }: OpenDataset) =>
  dataset.steps.find((step) => step.kind === "quantile")?.reference;

/** Where moments, closed forms and scores are computed: they need float64, which of all providers these two have. */
const algebraOn = (device: Provider): Provider => (device === "cuda" ? "cuda" : "cpu");

/** Scores without the targets that are given to the model, where any are left. */
function overlapNotes(overlap: number, targets: number): string[] {
  if (overlap === 0) return [];
  if (overlap < targets) return [`${overlap} of ${targets} targets are landmarks too: scored with and without them`];
  return [`all ${targets} targets are landmarks too: no score is of a gene that the model is not given`];
}

/** Says what a reader of the scores must know about how they came about. */
function honestNotes(
  dataset: OpenDataset,
  { options, fitted, device }: Pick<Described, "options" | "fitted" | "device">,
  scores: TrainingRun["scores"],
): string[] {
  const { fittedOn } = dataset.dataset.standardisation;
  const overlap = dataset.overlap.reduce((sum, flag) => sum + flag, 0);
  const { mae } = scores.validation ?? scores.train;
  const remedy = fitted.training === undefined ? "" : ": a smaller optimisation.learningRate may do better";
  return [
    ...fitted.notes,
    ...(mae.model > mae.mean ? [`the model is worse than the mean of training rows${remedy}`] : []),
    ...(fitted.training === undefined && algebraOn(device) !== device
      ? [`a closed form needs float64, which ${device} lacks: computed on the ${algebraOn(device)}`]
      : []),
    ...(fitted.training === undefined && options.engine?.startsWith("tfjs")
      ? [`no net was trained: --engine ${options.engine} has had nothing to do`]
      : []),
    ...overlapNotes(overlap, dataset.targets.length),
    ...(fittedOn === "train" ? [] : [`standardisation was fitted on ${fittedOn} rows, test rows included`]),
    ...(quantileReference(dataset)?.rows === "all"
      ? ["the quantile reference is of all rows of its cohort, whatever split they are in"]
      : []),
    ...(dataset.sampleCount("validation") > 0
      ? []
      : ["no validation rows: no reliability, no intervals, and the OOD threshold comes from training rows"]),
  ];
}

/**
 * Trains a recipe on a dataset and writes the run directory, or finds it already made. Returns what `run.json` says.
 * @throws AppError `usage` for a recipe that the dataset cannot serve and for a device that is not the engine's,
 * `unavailable` for one that does not work, `cannot-create` or `other-plan` for what lies at `out` or beside it; and as the recipe's family.
 */
export async function train(options: TrainOptions): Promise<TrainingRun> {
  const { recipe, dataset, out, force = false } = options;
  requireOwnDevice(options.engine ?? "ort", options.device ?? "auto");
  const finished = force ? undefined : await finishedRun(options);
  if (finished !== undefined) {
    await removeFinishedCheckpoint(options);
    options.onAlreadyDone?.();
    return finished;
  }
  await requireFree(out, force);
  const data = trainingData(dataset, options.signal);
  requireServed(recipe, data);
  const { provider: device } = await requireDevice(options.device ?? "auto");
  const open: OpenSession = (model, more) => options.open(model, { ...more, device: algebraOn(device) });
  const checkpoint = await checkpointPlan(options, options);
  await makeParent(out);
  const startedAt = new Date();
  const moments = await secondMoments(data, open, options);
  await using fitted = await fitFamily(recipe, {
    data,
    moments,
    open,
    device,
    dataset: dataset.directory,
    context: options,
    checkpoint,
  });
  await using baseline = isTunedRidge(recipe)
    ? undefined
    : await ridgeBaseline(data, moments, { open, context: options });
  const ridge = baseline?.predictZ ?? fitted.predictZ;
  const artifacts = await describe({ options, data, moments, fitted, ridge, device, startedAt });
  await writeRun(out, artifacts, { force });
  await rm(checkpoint.path, { recursive: true, force: true });
  return artifacts.run;
}

interface Described {
  readonly options: TrainOptions;
  readonly data: TrainingData;
  readonly moments: SecondMoments;
  readonly fitted: FittedModel;
  readonly ridge: PredictZ;
  readonly device: Provider;
  readonly startedAt: Date;
}

/** A list of targets in the model's order, which every file of a run is in. */
function inModelOrder<T extends GeneRecord | number>(targets: readonly T[], { targetOrder }: FittedModel): T[] {
  if (targetOrder === undefined) return [...targets];
  return Array.from(targetOrder).flatMap((target) => targets[target] ?? []);
}

/** Scores the fitted model and gathers everything that the run directory holds. */
async function describe(described: Described): Promise<RunArtifacts> {
  const { options, data, moments, fitted, ridge, device, startedAt } = described;
  const { dataset, recipe } = options;
  const transform = transformOf(dataset);
  const ood = fitOod(moments);
  const validated = data.count("validation") > 0;
  const held = validated ? await heldOut(data, { predict: fitted.predictZ, ood, targets: dataset.targets }) : undefined;
  const contestants = { model: fitted.predictZ, ridge, overlap: dataset.overlap, context: options };
  const scores: TrainingRun["scores"] = { train: await scoreSplit(data, "train", contestants) };
  if (validated) scores.validation = await scoreSplit(data, "validation", contestants);
  if (data.count("test") > 0) scores.test = await scoreSplit(data, "test", contestants);
  const distances = held?.distances ?? (await trainingDistances(data, ood));
  const { landmarkMoments, targetMoments } = dataset;
  const genes = geneRecords(dataset, unitsOf(targetMoments.sd, transform.epsilon), held);
  const { mean, sd } = transform.targets;
  const scoring = { ...options, data, geneIds: dataset.targets.map(({ id }) => id) };
  const selections = fitted.selections && (await scoreSelections(fitted.selections, scoring));
  return {
    model: fitted.model,
    genes: [
      ...genes.slice(0, dataset.landmarks.length),
      ...inModelOrder(genes.slice(dataset.landmarks.length), fitted),
    ],
    landmarkStats: landmarkStats(moments, {
      mean: landmarkMoments.mean,
      unit: unitsOf(landmarkMoments.sd, transform.epsilon),
    }),
    oodComponents: ood.components,
    ...(selections && { selections }),
    ...(fitted.training && { history: fitted.training.history }),
    writeMore: async (folder) => await fitted.writeOutputs?.(folder, dataset.samples),
    run: {
      schemaVersion: 1,
      task: "expression",
      recipe,
      selected: { ...fitted.selected },
      candidates: [...fitted.candidates],
      dataset: { name: dataset.dataset.name, hash: dataset.hash },
      engine: fitted.training?.engine ?? "closed-form",
      device: fitted.training?.device ?? algebraOn(device),
      seed: fitted.training?.seed ?? 0,
      codeVersion,
      startedAt: startedAt.toISOString(),
      seconds: (Date.now() - startedAt.getTime()) / 1000,
      idType: dataset.dataset.idType,
      scale: dataset.dataset.scale,
      ...(dataset.dataset.level !== undefined && { level: dataset.dataset.level }),
      transform: { ...transform, targets: { mean: inModelOrder(mean, fitted), sd: inModelOrder(sd, fitted) } },
      inputProfile: await inputProfile(dataset),
      ood: finishOod(ood, distances),
      scores,
      notes: honestNotes(dataset, described, scores),
    },
  };
}

async function trainingDistances(data: TrainingData, ood: ReturnType<typeof fitOod>): Promise<number[]> {
  const distances: number[] = [];
  for await (const { landmarks } of data.blocks("train")) distances.push(...oodDistances(ood, landmarks));
  return distances;
}
