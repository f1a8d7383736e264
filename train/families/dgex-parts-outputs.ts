import { join } from "node:path";
import type { Axis } from "../../data/source.ts";
import type { DgexRecipe } from "../../schemas/index.ts";
import { type LayersModel, weightsByName, withWeights } from "../layers-model.ts";
import { openPrediction } from "../ort/net-sessions.ts";
import { dgexBase, writeDgexOutputs } from "../outputs/dgex-outputs.ts";
import { topologyOf } from "../topology.ts";
import type { TrainedNet } from "../trained-net.ts";
import type { NetInput } from "./net-input.ts";

/** One of the nets of a D-GEX model. */
export interface DgexPart {
  readonly model: LayersModel;
  readonly trained: TrainedNet;
  /** Targets that it predicts. */
  readonly targets: number;
}

/**
 * Writes the authors' outputs of every part under `folder`/dgex: as in the paper, where each half of the targets is a
 * run of its own, a file's name says which targets (of the run's `genes.tsv`) it is of.
 * @throws AppError as {@link writeDgexOutputs}.
 */
export async function writePartsOutputs(
  parts: readonly DgexPart[],
  { recipe, input, samples }: { readonly recipe: DgexRecipe; readonly input: NetInput; readonly samples: Axis },
  folder: string,
): Promise<void> {
  const { open, data, context } = input;
  let start = 0;
  for (const { model, trained, targets } of parts) {
    const withKept = ({ weights }: { readonly weights: ReadonlyMap<string, Float32Array> }): LayersModel =>
      withWeights(model, weights);
    await writeDgexOutputs({
      folder: join(folder, "dgex"),
      base: dgexBase(recipe, { start, end: start + targets }),
      history: trained.history,
      kept: trained.kept,
      model: withKept,
      predict: async (kept) => {
        const net = withKept(kept);
        const { session, predictZ } = await openPrediction(open, topologyOf(net), weightsByName(net));
        return { predictZ, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
      },
      data: { targets, cohortsOf: (split) => data.cohortsOf(split), blocks: (...of) => data.blocks(...of) },
      samples,
      onProgress: context.onProgress,
    });
    start += targets;
  }
}
