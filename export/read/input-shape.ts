import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import type { Topology } from "../lower/topology.ts";

const InputConfig = z.object({
  batch_input_shape: z.tuple([z.number().nullable()]).rest(z.number().int().positive()),
  dtype: z.enum(["float32", "int32"]).nullish(),
});

/** Type and dims behind the batch dimension of one of the model's inputs. */
export interface InputShape {
  readonly type: "float32" | "int32";
  readonly dims: readonly number[];
}

/**
 * What an input layer takes.
 * @throws AppError `bad-model` for another layer, an open dimension beside the batch size, or another type.
 */
export function inputShape({ layers, name }: Topology, layer: string): InputShape {
  const { className, config } = layers.get(layer) ?? {};
  const parsed = InputConfig.safeParse(config);
  if (className !== "InputLayer" || !parsed.success)
    throw new AppError("bad-model", {
      what: "the model's input cannot be exported",
      where: `${name}/${layer} (${className ?? "no such layer"})`,
      expected: "an InputLayer of float32 or int32 whose only open dimension is the batch size",
      got: JSON.stringify({ batch_input_shape: config?.["batch_input_shape"], dtype: config?.["dtype"] }),
    });
  const [, ...dims] = parsed.data.batch_input_shape;
  return { type: parsed.data.dtype ?? "float32", dims };
}
