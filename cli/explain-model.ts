import { basename } from "node:path";
import { requireFreeFolder } from "../evaluate/free-folder.ts";
import type { ActivationFit } from "../train/explain/adjusted-r2.ts";
import { type Explanation, explainWeights, type Thresholds } from "../train/explain/explanation.ts";
import { explanationFiles, writeExplanation } from "../train/explain/write.ts";
import type { CliContext } from "./context.ts";
import { fitOn } from "./explain-fit.ts";
import { findNet } from "./explain-net.ts";

/** What `explain` is asked for. */
export interface ExplainRequest {
  /** A run, an export or tfjs folder, or a published model. */
  readonly model: string;
  /** Dataset directory; without one the weights alone are explained. */
  readonly data?: string;
  readonly out: string;
  /** Replaces an explanation that is there already. */
  readonly force?: boolean;
  /** Model repository. */
  readonly models: string;
  readonly thresholds: Thresholds;
  readonly context: CliContext;
}

/** What was found. */
export interface ExplainedModel {
  readonly explanation: Explanation;
  readonly fit?: ActivationFit;
  readonly notes: readonly string[];
}

/**
 * Explains a model and writes the folder of its explanation.
 * @throws AppError `other-plan` for a folder that holds one already, unless `force`.
 */
export async function explainModel(request: ExplainRequest): Promise<ExplainedModel> {
  const { model, data, out, force = false, models, thresholds, context } = request;
  await requireFreeFolder(out, Object.values(explanationFiles), force);
  const found = await findNet(model, models);
  // Before the weights: a dataset that does not fit is told at once.
  const fitted = data === undefined ? undefined : await fitOn(data, found, context);
  const explanation = explainWeights(found.net, thresholds);
  const notes = fitted?.notes ?? [];
  const page = { model: basename(model), explanation, genes: found.genes, notes };
  await writeExplanation(out, { ...page, ...(fitted && { fit: fitted.fit }) });
  return { explanation, notes, ...(fitted && { fit: fitted.fit }) };
}
