import { AppError } from "../../schemas/errors.ts";
import type { Blocks, Optimisation, ResidualRecipe } from "../../schemas/index.ts";
import { type LayersModel, type NetLayer, weightsByName, weightsOf } from "../layers-model.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { residualSelectOn, setOf } from "../select-on.ts";
import { borrowed, type Selection, validationSets } from "../selections.ts";
import { targetWeightsOf, weightsOfPart } from "../target-weights.ts";
import { topologyOf } from "../topology.ts";
import { blockLayers } from "./blocks.ts";
import { combinedHistory } from "./combined-history.ts";
import type { FittedModel, IterativeTraining } from "./family.ts";
import { affineOf, fitRidge } from "./kernel/kernel-start.ts";
import type { NetInput } from "./net-input.ts";
import { trainParts } from "./net-parts.ts";
import { inDatasetOrder } from "./ordered-prediction.ts";
import {
  epochCandidates,
  epochsOf,
  isStart,
  keptBy,
  layersOf,
  memberNet,
  type TrainedMembers,
} from "./residual-members.ts";
import { type ChosenStart, fitStart, startsBySet } from "./residual-start.ts";
import type { StartFit } from "./start-fit.ts";
import { predictionDirections } from "./target-directions.ts";
import { validationMae } from "./validation-mae.ts";

/**
 * A fitted start and, where the recipe has them, blocks that learn what it leaves: z targets = start(z) + the mean over
 * members of net(z). A member whose epochs are all worse than the start on validation stays at 0.
 *
 * What each validation set would have chosen is kept. Without blocks that is the whole start, fitted again for each set.
 * With blocks it is every member's epoch, 0 among them: all are trained behind one start, which is the model's and
 * chosen on the rows of `selectOn` alone.
 * @throws AppError as the start's fit and `fitNet`.
 */
export async function fitResidual(recipe: ResidualRecipe, input: NetInput): Promise<FittedModel> {
  const { blocks } = recipe;
  const start = await fitStart(recipe.start, input, residualSelectOn(recipe));
  if (blocks === undefined) {
    const choices = (await startsBySet(recipe, input, start)).map((own) => startChoice(own, start));
    return fittedModel({ ...start, start, input, choices });
  }
  const { selected, candidates, notes, ...net } = await trainBlocks(blocks, { recipe, start, input });
  return fittedModel({
    ...net,
    start,
    input,
    selected: { ...start.selected, ...selected },
    candidates: [...start.candidates, ...candidates],
    notes: [...start.notes, ...notes],
  });
}

/** The model that a validation set chooses, before it is opened. */
interface ChosenModel extends Pick<Selection, "name" | "selected" | "isOwn"> {
  readonly layers: readonly NetLayer[];
  /** Whose order of targets the layers have. */
  readonly start: StartFit;
}

/** Two kernels with the same choices are two all the same: outliers are judged on the validation rows (docs/residual.md). */
const startChoice = ({ set, start }: ChosenStart, model: StartFit): ChosenModel => ({
  name: set,
  selected: start.selected,
  layers: start.layers,
  start,
  isOwn: start !== model,
});

interface Parts extends Pick<FittedModel, "selected" | "candidates" | "notes"> {
  readonly layers: readonly NetLayer[];
  readonly start: StartFit;
  readonly input: NetInput;
  readonly choices: readonly ChosenModel[];
  readonly training?: IterativeTraining;
}

async function fittedModel({
  layers,
  start,
  input,
  selected,
  candidates,
  notes,
  choices,
  training,
}: Parts): Promise<FittedModel> {
  const model = modelOf(layers, input);
  const { session, predictZ } = await openModel(model, start, input);
  return {
    model,
    predictZ,
    ...(start.targetOrder && { targetOrder: start.targetOrder }),
    selected,
    candidates,
    notes,
    selections: choices.map(({ layers: own, start: ownStart, ...choice }): Selection => {
      const openOther = async () => {
        const other = await openModel(modelOf(own, input), ownStart, input);
        return { predictZ: other.predictZ, [Symbol.asyncDispose]: () => other.session[Symbol.asyncDispose]() };
      };
      return { ...choice, open: own === layers ? async () => borrowed(predictZ) : openOther };
    }),
    ...(training && { training }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

const modelOf = (layers: readonly NetLayer[], { data }: NetInput): LayersModel => ({
  name: "residual",
  inputs: data.landmarks,
  layers,
});

/** A model in a session, which the caller disposes of; predictions in the dataset's order. */
async function openModel(model: LayersModel, { targetOrder }: StartFit, { open }: Pick<NetInput, "open">) {
  const { session, predictZ } = await openPrediction(open, topologyOf(model), weightsByName(model));
  return { session, predictZ: targetOrder === undefined ? predictZ : inDatasetOrder(predictZ, targetOrder) };
}

interface BlockTraining {
  readonly recipe: ResidualRecipe;
  readonly start: StartFit;
  readonly input: NetInput;
}

async function trainBlocks(blocks: Blocks, training: BlockTraining) {
  const { recipe, start, input } = training;
  const { data, dataset, device } = input;
  const selectOn = residualSelectOn(recipe);
  const optimisation: Optimisation = { ...recipe.optimisation, ...(selectOn !== undefined && { selectOn }) };
  const directions = await directionsOf(blocks, training);
  const weights = await targetWeightsOf(optimisation.targetWeights, input);
  const targetWeights = weights && weightsOfPart(weights, start.targetOrder);
  const members = Array.from({ length: blocks.members }, (_, at) =>
    blockLayers({
      blocks,
      prefix: blocks.members > 1 ? `member_${at + 1}_` : "",
      landmarks: data.landmarks,
      targets: data.targets,
      ...(directions && { directions }),
      seed: optimisation.seed + at,
    }),
  );
  const frozen = recipe.trainStart ? [] : weightsOf({ name: "", inputs: 0, layers: start.layers });
  const rateFactors = new Map(frozen.map(({ name }) => [name, 0]));
  const nets = members.map((member) => memberNet(start.layers, member, data.landmarks));
  const trained = await trainParts(
    nets.map((net, at) => ({
      name: `member-${at + 1}`,
      job: {
        topology: topologyOf(net),
        initial: weightsByName(net),
        rateFactors,
        ...(targetWeights && { targetWeights }),
        optimisation: { ...optimisation, seed: optimisation.seed + at },
        dataset,
        ...(device && { device }),
        ...(start.targetOrder && { targets: start.targetOrder }),
      },
    })),
    input,
  );
  const startMaes = start.layers.length === 0 ? new Map<string, number>() : await startErrors(start, input);
  return chosenNet({ start: start.layers, members, nets, trained, startMaes }, training);
}

/** Takes every member's best epoch, 0 among them; by each validation set as by the model's. */
function chosenNet(members: TrainedMembers, { recipe, start, input }: BlockTraining) {
  const { trained } = members;
  const [first] = trained;
  if (first === undefined) throw new AppError("internal", { what: "no member was trained" });
  const kept = keptBy(members, first.selectedOn);
  const layers = layersOf(members, kept);
  const choices = validationSets(input.data).map((set): ChosenModel => {
    const own = keptBy(members, set);
    const selected = { ...start.selected, ...epochsOf(own) };
    return { name: set, selected, layers: set === first.selectedOn ? layers : layersOf(members, own), start };
  });
  const stays = kept.filter((net) => net === undefined).length;
  const share = 1 / trained.length;
  return {
    layers,
    choices,
    selected: epochsOf(kept),
    candidates: epochCandidates(members),
    notes: [
      ...new Set(trained.flatMap(({ notes }) => notes)),
      ...(isStart(kept) ? ["no epoch of the blocks is better than their start: the model is the start"] : []),
      ...(!isStart(kept) && stays > 0 ? [`${stays} of ${trained.length} members stay at their start`] : []),
    ],
    training: {
      engine: first.engine,
      device: first.device,
      seed: recipe.optimisation.seed,
      history:
        trained.length > 1
          ? combinedHistory(trained.map(({ history }) => ({ history, share, lossShare: share })))
          : first.history,
    } satisfies IterativeTraining,
  };
}

/** MAE of the start by validation set, z units. */
async function startErrors(start: StartFit, input: NetInput): Promise<ReadonlyMap<string, number>> {
  const { session, predictZ } = await openModel(modelOf(start.layers, input), start, input);
  try {
    const maes = new Map<string, number>();
    const cohorts = input.data.cohortsOf("validation");
    for (const cohort of cohorts.length > 1 ? [undefined, ...cohorts] : [undefined]) {
      const mae = await validationMae(predictZ, input.data, cohort);
      if (mae !== undefined) maes.set(setOf(cohorts, cohort), mae);
    }
    return maes;
  } finally {
    await session[Symbol.asyncDispose]();
  }
}

/** Where the output begins, in the order of the start's targets. */
async function directionsOf(
  blocks: Blocks,
  { recipe, start, input }: BlockTraining,
): Promise<Float32Array | undefined> {
  const { lowRank: rank } = blocks;
  if (rank === undefined) return undefined;
  const { moments, open, data } = input;
  const lambda = recipe.start.kind === "none" ? undefined : recipe.start.lambda;
  await using ridge = await fitRidge(lambda, { ...input, selectOn: residualSelectOn(recipe) });
  const directions = await predictionDirections(affineOf(ridge).kernel, { moments, rank, open });
  const { targetOrder } = start;
  if (targetOrder === undefined) return directions;
  const t = data.targets;
  return directions.map((_, at) => directions[at - (at % t) + targetOrder[at % t]!]!);
}
