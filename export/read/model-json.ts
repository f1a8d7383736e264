import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { AppError, isAppError } from "../../schemas/index.ts";
import { isGzip } from "./gzip.ts";
import { largestJsonBytes } from "./limits.ts";

/** How a weight was made smaller; integers stand for stored · scale + min. */
const Quantization = z.discriminatedUnion("dtype", [
  z.object({ dtype: z.enum(["uint8", "uint16"]), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal("float16") }),
]);

/** One weight of a group: its bytes follow those of the weight before it. */
export const WeightEntry = z.object({
  name: z.string().min(1),
  shape: z.array(z.number().int().nonnegative()),
  dtype: z.enum(["float32", "int32", "bool"]),
  /** `optimizer` for the state of a training run, which no model needs. */
  group: z.string().optional(),
  quantization: Quantization.optional(),
});
export type WeightEntry = z.infer<typeof WeightEntry>;

/** Weights and the shards that hold their bytes, one after the other. */
export const WeightGroup = z.object({
  paths: z.array(
    z
      .string()
      .min(1)
      .refine((path) => !/^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)/.test(path), "leads out of the model's folder"),
  ),
  weights: z.array(WeightEntry),
});
export type WeightGroup = z.infer<typeof WeightGroup>;

const ModelJson = z.object({
  format: z.string().optional(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(WeightGroup),
});

/** `model.json` of a tfjs LayersModel (tfjs-core `ModelJSON`); the topology is validated by `topology.ts`. */
export type ModelJson = z.infer<typeof ModelJson>;

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > largestJsonBytes) throw tooLong(path);
    return await readFile(path);
  } catch (cause) {
    if (isAppError(cause)) throw cause;
    throw new AppError(
      "no-input",
      {
        what: "the model cannot be read",
        where: path,
        got: (cause as Error).message,
        advice: "Give the folder that holds model.json and its weight files",
      },
      { cause },
    );
  }
}

function tooLong(where: string): AppError {
  return new AppError("bad-model", { what: `is longer than ${largestJsonBytes} bytes, as no topology is`, where });
}

/**
 * Reads `model.json` of a tfjs folder; a gzip-ed one is recognised by its first bytes.
 * @throws AppError `no-input` when it cannot be read, `bad-model` when it is not a LayersModel's JSON.
 */
export async function readModelJson(dir: string): Promise<ModelJson> {
  const where = join(dir, "model.json");
  const bytes = await readBytes(where);
  let json: unknown;
  try {
    const plain = isGzip(bytes) ? gunzipSync(bytes, { maxOutputLength: largestJsonBytes }) : bytes;
    json = JSON.parse(new TextDecoder().decode(plain));
  } catch (cause) {
    if (cause instanceof RangeError && (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw tooLong(where);
    throw new AppError("bad-model", { what: "is not JSON", where, got: (cause as Error).message }, { cause });
  }
  const parsed = ModelJson.safeParse(json);
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "is not a tfjs model description",
      where,
      examples: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    });
  const { format = "layers-model" } = parsed.data;
  if (format !== "layers-model")
    throw new AppError("bad-model", {
      what: "is not a LayersModel",
      where,
      expected: "format 'layers-model'",
      got: `'${format}'`,
      advice: "Save the tf.LayersModel itself; a graph model has lost its layers",
    });
  return parsed.data;
}
