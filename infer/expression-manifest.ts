import { z } from "zod";
import { AppError, type ExpressionManifest, ModelManifest } from "../schemas/index.ts";

/**
 * A manifest's JSON as that of a model from landmarks to targets.
 * @param where what the JSON was read from, for messages
 * @param advice what to do about a model of another task
 * @throws AppError `bad-model` for a manifest that is damaged or not for expression
 */
export function parseExpressionManifest(
  json: unknown,
  { where, advice }: { readonly where: string; readonly advice: string },
): ExpressionManifest {
  const parsed = ModelManifest.safeParse(json);
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "the manifest is not one that this version reads",
      where,
      got: z.prettifyError(parsed.error),
      advice: "Export the model again",
    });
  if (parsed.data.task === "expression") return parsed.data;
  throw new AppError("bad-model", {
    what: "this model is not one from landmarks to targets",
    where,
    expected: "task expression",
    got: `task ${parsed.data.task}`,
    advice,
  });
}
