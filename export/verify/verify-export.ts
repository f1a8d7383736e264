import type { Graph } from "../../onnx/graph.ts";
import type { HostTensor, OpenSession, SessionHost, TensorMap } from "../../runtime/session.ts";
import type { Parity } from "../../schemas/index.ts";
import { initializerPlaces } from "../model-files.ts";
import { readLayersModel } from "../read/layers-model.ts";
import { type LayerParity, layerParity, withLayers } from "./layer-parity.ts";
import { askOracle } from "./oracle.ts";
import { type Expectation, verifyParity } from "./parity.ts";

/** A graph in its files, as `writeModelFiles` wrote it. */
export interface WrittenGraph {
  /** The folder of the files. */
  readonly dir: string;
  readonly graph: Graph;
  readonly metadata: Readonly<Record<string, string>>;
}

/** What {@link verifyExport} compares. */
export interface ExportVerification {
  /** The folder of the tfjs model. */
  readonly tfjs: string;
  readonly written: WrittenGraph;
  /** The written graph, opened as its users will open it. */
  readonly session: SessionHost;
  readonly open: OpenSession;
  /** Rows for the tfjs model, one tensor for each of its inputs. */
  readonly inputs: readonly HostTensor[];
  /** The same rows for the graph. */
  readonly feeds: TensorMap;
  /** What the graph's outputs must be, given those of tfjs. */
  readonly expected: (outputs: readonly HostTensor[]) => readonly Expectation[];
  /** Parameters above which the model is computed layer by layer. */
  readonly wholeUpTo?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What verification found: what `parity.json` holds. */
export interface VerifiedExport {
  readonly parity: Parity;
  /** Layers of a model that was computed layer by layer. */
  readonly layers: readonly LayerParity[];
}

/** float32 values of a tensor of the oracle. */
export function oracleValues(tensor: HostTensor | undefined): Pick<Expectation, "dims" | "values"> {
  return { dims: tensor?.dims ?? [], values: Float32Array.from(tensor?.data ?? [], Number) };
}

/**
 * Compares a written graph with its tfjs model in float32: value, type and shape of every output, alone and in batches,
 * and for a model too large for tfjs every layer that the graph still shows.
 * @throws AppError `bad-model` when they disagree, naming the layers; `cancelled`.
 */
export async function verifyExport(verification: ExportVerification): Promise<VerifiedExport> {
  const { tfjs, written, session, open, inputs, feeds, expected, wholeUpTo, signal } = verification;
  const { outputs, values } = await askOracle(tfjs, inputs, { signal, ...(wholeUpTo !== undefined && { wholeUpTo }) });
  const places = initializerPlaces(written.graph, written.metadata);
  const layers =
    values === undefined
      ? []
      : await layerParity({ open, ...written, places, model: await readLayersModel(tfjs), feeds, values });
  const request = { variant: "fp32", session, feeds, expected: expected(outputs), signal };
  const parity = await verifyParity(request).catch((error: unknown) => {
    throw withLayers(error, layers);
  });
  return { parity, layers };
}
