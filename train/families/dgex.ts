import { AppError } from "../../schemas/errors.ts";
import type { DgexRecipe } from "../../schemas/index.ts";
import type { Candidate } from "../candidates.ts";
import { weightsByName, withWeights } from "../layers-model.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { targetWeightsOf, weightsOfPart } from "../target-weights.ts";
import { topologyOf } from "../topology.ts";
import type { TrainedNet } from "../trained-net.ts";
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
  const [first, ...others] = nets.map(({ model }, at) => withWeights(model, trained[at]?.kept[0].weights ?? new Map()));
  if (first === undefined) throw new AppError("internal", { what: "there are no targets to train for" });
  const model = sideBySide([first, ...others]);
  const { session, predictZ } = await openPrediction(open, topologyOf(model), weightsByName(model));
  const fittedParts = nets.flatMap(({ model: net, targets }, at): DgexPart[] => {
    const one = trained[at];
    return one === undefined ? [] : [{ model: net, trained: one, targets: targets?.length ?? data.targets }];
  });
  const order = parts && Int32Array.from(parts.flatMap((targets) => [...targets]));
  const sizes = nets.map(({ targets }) => targets?.length ?? data.targets);
  return {
    model,
    predictZ: order === undefined ? predictZ : inDatasetOrder(predictZ, order),
    ...(order && { targetOrder: order }),
    ...choicesOf(recipe, { trained, sizes }),
    ...(recipe.outputs && {
      writeOutputs: (folder, samples) => writePartsOutputs(fittedParts, { recipe, input, samples }, folder),
    }),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
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
  const nameOf = (at: number): string => (trained.length > 1 ? `epoch of part ${at + 1}` : "epoch");
  const candidates = trained.flatMap(({ history, selectedOn = "" }, at) =>
    history.flatMap(({ epoch, mae }): (Candidate & { readonly name: string })[] => {
      const validationMae = mae[selectedOn];
      return validationMae === undefined ? [] : [{ name: nameOf(at), value: epoch, validationMae }];
    }),
  );
  const { epochs, seed } = optimisation;
  const atEnd = trained.some(({ kept: [{ epoch }], selectedOn }) => selectedOn !== undefined && epoch === epochs);
  const fewer = partitions !== undefined && trained.length < partitions.count;
  const parts = trained.map(({ history }, at) => ({ history, share: (sizes[at] ?? 0) / total, lossShare: 1 }));
  return {
    selected: Object.fromEntries(trained.map(({ kept: [{ epoch }] }, at) => [nameOf(at), epoch])),
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
