/**
 * A topology as tfjs can load it: the oracle should judge the export, not the spelling of the file.
 * @module
 */
import { oracleClasses } from "./oracle-layers.ts";

type Json = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A type, of a policy the one that it names; tfjs knows no others. */
function typeOf(dtype: unknown): unknown {
  if (!isRecord(dtype)) return dtype;
  const name = isRecord(dtype["config"]) ? dtype["config"]["name"] : undefined;
  return name === "int32" ? "int32" : "float32";
}

/** The class that computes what the layer means: a stand-in where tfjs' own cannot. */
function classOf(className: unknown, config: Json): unknown {
  if (className === "Conv1D" && config["padding"] === "causal") return oracleClasses.causalConv1D;
  if (className === "BatchNormalization" && [config["axis"] ?? -1].flat()[0] !== -1)
    return oracleClasses.batchNormalization;
  return className;
}

function layerConfig(config: Json): Json {
  const { batch_shape, axis, dtype, ...rest } = config;
  return {
    ...rest,
    ...(batch_shape !== undefined && rest["batch_input_shape"] === undefined && { batch_input_shape: batch_shape }),
    ...(dtype !== undefined && { dtype: typeOf(dtype) }),
    ...(axis !== undefined && { axis }),
  };
}

function layer(part: unknown): unknown {
  if (!isRecord(part)) return part;
  const { class_name, config } = part;
  if (Array.isArray(config)) return { ...part, config: config.map(layer) };
  if (!isRecord(config)) return part;
  if (Array.isArray(config["layers"])) return { ...part, config: { ...config, layers: config["layers"].map(layer) } };
  const isNormalisation = class_name === "BatchNormalization" && Array.isArray(config["axis"]);
  const spelled = layerConfig(isNormalisation ? { ...config, axis: [config["axis"]].flat()[0] } : config);
  return { ...part, class_name: classOf(class_name, config), config: spelled };
}

/** The topology with Keras' newer spellings in the older, and stand-ins for what tfjs itself cannot predict. */
export function oracleTopology(modelTopology: Json): object {
  const nested = modelTopology["model_config"];
  return nested === undefined ? (layer(modelTopology) as object) : { ...modelTopology, model_config: layer(nested) };
}
