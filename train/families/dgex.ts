import { AppError } from "../../schemas/errors.ts";
import type { DgexRecipe } from "../../schemas/index.ts";
import type { Candidate } from "../candidates.ts";
import { type LayersModel, weightsByName, withWeights } from "../layers-model.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { borrowed, type Selection } from "../selections.ts";
import { targetWeightsOf, weightsOfPart } from "../target-weights.ts";
import { topologyOf } from "../topology.ts";
import type { KeptNet, TrainedNet } from "../trained-net.ts";
import { combinedHistory } from "./combined-history.ts";
import { dgexNet, jobOf, sideBySide } from "./dgex-net.ts";
import { type DgexPart, writePartsOutputs } from "./dgex-parts-outputs.ts";
import type { FittedModel } from "./family.ts";
import type { NetInput } from "./net-input.ts";
import { trainParts } from "./net-parts.ts";
import { inDatasetOrder } from "./ordered-prediction.ts";
import { targetPartitions } from "./target-partitions.ts";

/**
 * D-GEX (Chen et al. 2016, Bioinformatics 32:1832): a tanh net trained with SGD and momentum on squared error, the
 * epoch with the smallest validation MAE kept. With partitions, a net for each part of the targets, each with its own
 * best epoch, side by side in one model.
 * @throws AppError as `fitNet` and `targetPartitions`.
 */
export async function fitDgex(recipe: DgexRecipe, input: NetInput): Promise<FittedModel> {
  const { data, open } = input;
  const { partitions, optimisation } = recipe;
  const parts = partitions === undefined ? undefined : await targetPartitions(partitions, input);
  const targetWeights = await targetWeightsOf(optimisation.targetWeights, input);
  const nets = (parts ?? [undefined]).map((targets) => {
    const model = dgexNet(recipe, { landmarks: data.landmarks, targets: targets?.length ?? data.targets });
    const { checkpoint: _one, ...job } = jobOf(recipe, model, input);
    const weights = targetWeights && weightsOfPart(targetWeights, targets);
    return { model, targets, job: { ...job, ...(weights && { targetWeights: weights }), ...(targets && { targets }) } };
  });
  const trained = await trainParts(
    nets.map(({ job }, at) => ({ name: `part-${at + 1}`, job })),
    input,
  );
  const fittedParts = nets.flatMap(({ model: net, targets }, at): DgexPart[] => {
    const one = trained[at];
    return one === undefined ? [] : [{ model: net, trained: one, targets: targets?.length ?? data.targets }];
  });
  const order = parts && Int32Array.from(parts.flatMap((targets) => [...targets]));
  const opened = async (net: LayersModel) => {
    const { session, predictZ } = await openPrediction(open, topologyOf(net), weightsByName(net));
    return { session, predictZ: order === undefined ? predictZ : inDatasetOrder(predictZ, order) };
  };
  const model = joined(fittedParts);
  const { session, predictZ } = await opened(model);
  const sizes = nets.map(({ targets }) => targets?.length ?? data.targets);
  return {
    model,
    predictZ,
    ...(order && { targetOrder: order }),
    ...choicesOf(recipe, { trained, sizes }),
    selections: selectionsOf(trained).map(({ name, selected, isModel }): Selection => {
      const openOther = async () => {
        const other = await opened(joined(fittedParts, name));
        return { predictZ: other.predictZ, [Symbol.asyncDispose]: () => other.session[Symbol.asyncDispose]() };
      };
      return { name, selected, open: isModel ? async () => borrowed(predictZ) : openOther };
    }),
    ...(recipe.outputs && {
      writeOutputs: (folder, samples) => writePartsOutputs(fittedParts, { recipe, input, samples }, folder),
    }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

/** The net that a selection kept; the model's own where none is named. */
function keptBy({ kept }: TrainedNet, selection?: string): KeptNet {
  const net = selection === undefined ? kept[0] : kept.find(({ name }) => name === selection);
  if (net === undefined)
    throw new AppError("internal", {
      what: "a net has not kept what another part has",
      ...(selection !== undefined && { where: selection }),
    });
  return net;
}

/** The parts side by side with the weights that a selection kept, the model's own where none is named. */
function joined(parts: readonly DgexPart[], selection?: string): LayersModel {
  const [first, ...others] = parts.map(({ model, trained }) => withWeights(model, keptBy(trained, selection).weights));
  if (first === undefined) throw new AppError("internal", { what: "there are no targets to train for" });
  return sideBySide([first, ...others]);
}

const nameOfEpoch = (at: number, parts: number): string => (parts > 1 ? `epoch of part ${at + 1}` : "epoch");

const epochsOf = (trained: readonly TrainedNet[], selection?: string): Record<string, number> =>
  Object.fromEntries(trained.map((net, at) => [nameOfEpoch(at, trained.length), keptBy(net, selection).epoch]));

/** What every validation set has kept; nothing where there are no validation rows. */
function selectionsOf(trained: readonly TrainedNet[]) {
  const [first] = trained;
  if (first?.selectedOn === undefined) return [];
  return first.kept.map(({ name }, at) => ({ name, selected: epochsOf(trained, name), isModel: at === 0 }));
}

interface TrainedParts {
  readonly trained: readonly TrainedNet[];
  /** Targets of each. */
  readonly sizes: readonly number[];
}

/** The epochs kept, and how the nets were trained. */
function choicesOf(
  { optimisation, partitions }: DgexRecipe,
  { trained, sizes }: TrainedParts,
): Pick<FittedModel, "selected" | "candidates" | "notes" | "training"> {
  const [first] = trained;
  if (first === undefined) throw new AppError("internal", { what: "no net was trained" });
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const candidates = trained.flatMap(({ history, selectedOn = "" }, at) =>
    history.flatMap(({ epoch, mae }): (Candidate & { readonly name: string })[] => {
      const validationMae = mae[selectedOn];
      return validationMae === undefined
        ? []
        : [{ name: nameOfEpoch(at, trained.length), value: epoch, validationMae }];
    }),
  );
  const { epochs, seed } = optimisation;
  const atEnd = trained.some(({ kept: [{ epoch }], selectedOn }) => selectedOn !== undefined && epoch === epochs);
  const fewer = partitions !== undefined && trained.length < partitions.count;
  const parts = trained.map(({ history }, at) => ({ history, share: (sizes[at] ?? 0) / total, lossShare: 1 }));
  return {
    selected: epochsOf(trained),
    candidates,
    notes: [
      ...new Set(trained.flatMap(({ notes }) => notes)),
      ...(partitions === undefined ? [] : [`a net for each of ${sizes.length} parts of ${sizes.join(", ")} targets`]),
      ...(fewer ? [`the targets form ${trained.length} clusters instead of ${partitions.count}`] : []),
      ...(atEnd && epochs > 1 ? [`the last epoch (${epochs}) is the best: more epochs may do better`] : []),
    ],
    training: {
      engine: first.engine,
      device: first.device,
      seed,
      history: trained.length > 1 ? combinedHistory(parts) : first.history,
    },
  };
}
