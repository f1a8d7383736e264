import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExternalPlace, encodePlaced } from "../../onnx/codec/encode.ts";
import { type Graph, servedIrVersion, servedOpset } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import type { OpenSession, TensorMap } from "../../runtime/session.ts";
import { AppError, codeVersion, isAppError } from "../../schemas/index.ts";
import type { LayersModel } from "../read/layers-model.ts";
import { layerNames } from "./layer-names.ts";
import type { LayerValues } from "./layerwise.ts";
import { parityTolerance } from "./tolerances.ts";

/** How one layer of an exported graph agrees with the oracle. */
export interface LayerParity {
  /** Layer and call. */
  readonly layer: string;
  /** The value of the graph that shows it. */
  readonly value: string;
  /** Largest |ONNX − oracle|. */
  readonly maxAbs: number;
  /** Largest |ONNX − oracle| / (1 + |oracle|). */
  readonly maxRelative: number;
}

/** A graph written to files, and what the oracle says of its layers. */
export interface LayerParityRequest {
  readonly open: OpenSession;
  /** The folder of the written files. */
  readonly dir: string;
  readonly graph: Graph;
  /** Where in the files the values of the initializers lie. */
  readonly places: ReadonlyMap<string, ExternalPlace>;
  readonly model: LayersModel;
  readonly feeds: TensorMap;
  readonly values: LayerValues;
}

/** Smaller constants are written into the probe: shapes and axes must be in a graph's own file. */
const smallestPlaced = 1024;

const probeName = "probe.onnx";

/** The graph with other outputs; its weights are the bytes of the files written before. */
function probeBytes({ graph, places }: LayerParityRequest, names: readonly string[]): Uint8Array {
  const infos = inferShapes(graph);
  const outputs = names.flatMap((name) => infos.get(name) ?? []);
  const producer = { name: "landfall", version: codeVersion };
  const model = {
    graph: { ...graph, outputs },
    opset: servedOpset,
    irVersion: servedIrVersion,
    producer,
    metadata: {},
  };
  return encodePlaced(model, (name) => {
    const place = places.get(name);
    return place !== undefined && place.length >= smallestPlaced ? place : undefined;
  });
}

function compared(got: ArrayLike<number | bigint>, wanted: ArrayLike<number | bigint>) {
  let [maxAbs, maxRelative] = [0, 0];
  for (let cell = 0; cell < wanted.length; cell++) {
    const [a, b] = [Number(wanted[cell]), Number(got[cell])];
    if (Object.is(a, b)) continue;
    // A NaN on one side only is infinitely far away.
    const difference = Number.isNaN(a - b) ? Number.POSITIVE_INFINITY : Math.abs(a - b);
    maxAbs = Math.max(maxAbs, difference);
    maxRelative = Math.max(maxRelative, difference / (1 + Math.abs(a)));
  }
  return { maxAbs, maxRelative };
}

/**
 * Compares what the layers of a written graph give with the oracle's values, in the order of their computation. A second
 * graph shows them: it is written beside the first, refers to the first one's weights in their file (which stay mapped:
 * no weight is copied), and is removed. Layers that passes have merged with others are left out.
 * @throws AppError `internal` or `bad-model` when ONNX Runtime cannot run it.
 */
export async function layerParity(request: LayerParityRequest): Promise<readonly LayerParity[]> {
  const { open, dir, graph, model, feeds, values } = request;
  const names = layerNames(model, graph);
  if (names.size === 0) return [];
  const path = join(dir, probeName);
  try {
    await writeFile(path, probeBytes(request, [...names.values()]), { flag: "wx" });
    await using session = await open({ path }, { device: "cpu", leaveWeightsMapped: true });
    const given = Object.fromEntries(session.inputs.flatMap(({ name }) => (feeds[name] ? [[name, feeds[name]]] : [])));
    const got = await session.run(given);
    return [...names].map(([key, value]) => {
      const layer = key.replace(/:0$/, "").replace(/:0$/, "");
      return { layer, value, ...compared(got[value]?.data ?? [], values.get(key)?.data ?? []) };
    });
  } finally {
    await rm(path, { force: true });
  }
}

/** An error of the comparison of outputs, with the layers that disagree as well, so that the first bad one is seen. */
export function withLayers(error: unknown, layers: readonly LayerParity[]): unknown {
  const bad = layers.filter(({ maxRelative }) => !(maxRelative <= parityTolerance));
  if (!isAppError(error, "bad-model") || bad.length === 0) return error;
  const examples = bad.map(({ layer, maxRelative }) => `${layer} by ${maxRelative.toPrecision(3)} of 1 + |value|`);
  return new AppError("bad-model", { ...error.fault, examples }, { cause: error });
}
