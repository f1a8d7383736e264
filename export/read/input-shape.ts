import { z } from "zod";
import { AppError } from "../../schemas/index.ts";
import type { Topology } from "../lower/topology.ts";
import { shown } from "./shown.ts";

const Type = z.enum(["float32", "int32"]);

/** A type, or a policy that names one. */
const TypeField = z
  .union([Type, z.object({ config: z.object({ name: Type }) }).transform(({ config }) => config.name)])
  .nullish();

const Shape = z.tuple([z.number().nullable()]).rest(z.number().int().positive());

/** Keras 3 calls the shape `batch_shape`. */
const InputConfig = z
  .object({ batch_input_shape: Shape.optional(), batch_shape: Shape.optional(), dtype: TypeField })
  .transform(({ batch_input_shape, batch_shape, dtype }) => ({ shape: batch_input_shape ?? batch_shape, dtype }));

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
  const [, ...dims] = parsed.data?.shape ?? [];
  if (className !== "InputLayer" || parsed.data?.shape === undefined)
    throw new AppError("bad-model", {
      what: "the model's input cannot be exported",
      where: `${name}/${layer} (${className ?? "no such layer"})`,
      expected: "an InputLayer of float32 or int32 whose only open dimension is the batch size",
      got: shown({ batch_input_shape: config?.["batch_input_shape"], dtype: config?.["dtype"] }),
    });
  return { type: parsed.data.dtype ?? "float32", dims };
}
