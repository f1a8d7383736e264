import { AppError } from "../../schemas/errors.ts";
import type { Blocks, Optimisation, ResidualRecipe } from "../../schemas/index.ts";
import type { Candidate } from "../candidates.ts";
import { inputName, type LayersModel, type NetLayer, weightsByName, weightsOf, withWeights } from "../layers-model.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { add, average, dense } from "../stock-layers.ts";
import { targetWeightsOf, weightsOfPart } from "../target-weights.ts";
import { topologyOf } from "../topology.ts";
import type { TrainedNet } from "../trained-net.ts";
import { blockLayers } from "./blocks.ts";
import { combinedHistory } from "./combined-history.ts";
import type { FittedModel, IterativeTraining } from "./family.ts";
import { affineOf, fitKernelStart, fitRidge } from "./kernel/kernel-start.ts";
import type { NetInput } from "./net-input.ts";
import { trainParts } from "./net-parts.ts";
import { inDatasetOrder } from "./ordered-prediction.ts";
import type { StartFit } from "./start-fit.ts";
import { predictionDirections } from "./target-directions.ts";
import { validationMae } from "./validation-mae.ts";

/**
 * A fitted start and, where the recipe has them, blocks that learn what it leaves: z targets = start(z) + the mean over
 * members of net(z). A member whose epochs are all worse than the start on validation stays at 0.
 * @throws AppError as the start's fit and `fitNet`.
 */
export async function fitResidual(recipe: ResidualRecipe, input: NetInput): Promise<FittedModel> {
  const { blocks } = recipe;
  const start = await fitStart(recipe, input);
  const { layers, selected, candidates, notes } = start;
  if (blocks === undefined) return fittedModel({ layers, start, input, selected, candidates, notes });
  const net = await trainBlocks(blocks, { recipe, start, input });
  return fittedModel({
    ...net,
    start,
    input,
    selected: { ...selected, ...net.selected },
    candidates: [...candidates, ...net.candidates],
    notes: [...notes, ...net.notes],
  });
}

async function fitStart({ start, selectOn }: ResidualRecipe, input: NetInput): Promise<StartFit> {
  switch (start.kind) {
    case "none":
      return { layers: [], selected: {}, candidates: [], notes: [] };
    case "kernel":
      return fitKernelStart(start, { ...input, selectOn, availableBytes: process.availableMemory() });
    case "ridge": {
      await using ridge = await fitRidge(start.lambda, { ...input, selectOn });
      const { kernel, bias } = affineOf(ridge);
      const layer = dense({ name: "start", reads: [inputName] }, { kernel, bias, units: bias.length });
      const { selected, candidates, notes } = ridge;
      return { layers: [layer], selected, candidates, notes };
    }
  }
}

interface Parts extends Pick<FittedModel, "selected" | "candidates" | "notes"> {
  readonly layers: readonly NetLayer[];
  readonly start: StartFit;
  readonly input: NetInput;
  readonly training?: IterativeTraining;
}

async function fittedModel({
  layers,
  start,
  input,
  selected,
  candidates,
  notes,
  training,
}: Parts): Promise<FittedModel> {
  const model: LayersModel = { name: "residual", inputs: input.data.landmarks, layers };
  const { session, predictZ } = await openModel(model, start, input);
  return {
    model,
    predictZ,
    ...(start.targetOrder && { targetOrder: start.targetOrder }),
    selected,
    candidates,
    notes,
    ...(training && { training }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

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

/** The last layer of the start; undefined where it is 0. */
const endOf = (layers: readonly NetLayer[]): string | undefined => layers.at(-1)?.name;

/** Start and one member as a net of its own: what is trained. */
function memberNet(start: StartFit, member: readonly NetLayer[], landmarks: number): LayersModel {
  const [end, own] = [endOf(start.layers), endOf(member) ?? ""];
  const sum = end === undefined ? [] : [add({ name: "targets", reads: [end, own] })];
  return { name: "residual", inputs: landmarks, layers: [...start.layers, ...member, ...sum] };
}

/** Start and members in one net, the members averaged. */
function ensemble(start: StartFit, members: readonly (readonly NetLayer[])[]): readonly NetLayer[] {
  const ends = members.map((member) => endOf(member) ?? "");
  const mean = ends.length > 1 ? [average({ name: "members", reads: ends })] : [];
  const end = endOf(start.layers);
  const own = endOf(mean) ?? ends[0] ?? "";
  const sum = end === undefined ? [] : [add({ name: "targets", reads: [end, own] })];
  return [...start.layers, ...members.flat(), ...mean, ...sum];
}

async function trainBlocks(blocks: Blocks, training: BlockTraining) {
  const { recipe, start, input } = training;
  const { data, dataset, device } = input;
  const optimisation: Optimisation = {
    ...recipe.optimisation,
    ...(recipe.selectOn !== undefined && { selectOn: recipe.selectOn }),
  };
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
  const nets = members.map((member) => memberNet(start, member, data.landmarks));
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
  return chosenNet({ ...training, members, trained, nets });
}

interface Trained extends BlockTraining {
  readonly members: readonly (readonly NetLayer[])[];
  readonly nets: readonly LayersModel[];
  readonly trained: readonly TrainedNet[];
}

/** Takes every member's best epoch, 0 among them. */
async function chosenNet({ recipe, start, input, members, nets, trained }: Trained) {
  const startMae = start.layers.length === 0 ? undefined : await startError(start, { recipe, input });
  const kept = trained.map(({ kept: [net] }) =>
    startMae !== undefined && net.validationMae !== undefined && startMae <= net.validationMae ? undefined : net,
  );
  const first = trained[0];
  if (first === undefined) throw new AppError("internal", { what: "no member was trained" });
  const several = trained.length > 1;
  const nameOf = (at: number): string => (several ? `epoch of member ${at + 1}` : "epoch");
  const candidates = trained.flatMap(({ history, selectedOn = "" }, at): (Candidate & { name: string })[] => [
    ...(startMae === undefined ? [] : [{ name: nameOf(at), value: 0, validationMae: startMae }]),
    ...history.flatMap(({ epoch, mae }) => {
      const validation = mae[selectedOn];
      return validation === undefined ? [] : [{ name: nameOf(at), value: epoch, validationMae: validation }];
    }),
  ]);
  const isStart = kept.every((net) => net === undefined);
  const trainedNets = nets.map((net, at) => withWeights(net, kept[at]?.weights ?? new Map()));
  // One member's net is the model as it was trained, its start included: `trainStart` may have moved it.
  const layers = isStart
    ? start.layers
    : several
      ? ensemble(start, membersOf(members, trainedNets))
      : (trainedNets[0]?.layers ?? []);
  const stays = kept.filter((net) => net === undefined).length;
  return {
    layers,
    selected: Object.fromEntries(kept.map((net, at) => [nameOf(at), net?.epoch ?? 0])),
    candidates,
    notes: [
      ...trained.flatMap(({ notes }) => notes),
      ...(isStart ? ["no epoch of the blocks is better than their start: the model is the start"] : []),
      ...(!isStart && stays > 0 ? [`${stays} of ${trained.length} members stay at their start`] : []),
    ],
    training: {
      engine: first.engine,
      device: first.device,
      seed: recipe.optimisation.seed,
      history: several
        ? combinedHistory(
            trained.map(({ history }) => ({ history, share: 1 / trained.length, lossShare: 1 / trained.length })),
          )
        : first.history,
    } satisfies IterativeTraining,
  };
}

/** The members' layers with the weights of their trained nets. */
function membersOf(members: readonly (readonly NetLayer[])[], nets: readonly LayersModel[]): (readonly NetLayer[])[] {
  return members.map((member, at) => {
    const names = new Set(member.map(({ name }) => name));
    return (nets[at]?.layers ?? []).filter(({ name }) => names.has(name));
  });
}

/** Validation MAE of the start, by the rows that choose an epoch. */
async function startError(start: StartFit, { recipe, input }: Pick<BlockTraining, "recipe" | "input">) {
  const model = { name: "start", inputs: input.data.landmarks, layers: start.layers };
  const { session, predictZ } = await openModel(model, start, input);
  try {
    return await validationMae(predictZ, input.data, recipe.selectOn ?? recipe.optimisation.selectOn);
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
  await using ridge = await fitRidge(lambda, { ...input, selectOn: recipe.selectOn });
  const directions = await predictionDirections(affineOf(ridge).kernel, { moments, rank, open });
  const { targetOrder } = start;
  if (targetOrder === undefined) return directions;
  const t = data.targets;
  return directions.map((_, at) => directions[at - (at % t) + targetOrder[at % t]!]!);
}
