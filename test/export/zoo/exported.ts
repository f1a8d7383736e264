/** One random architecture as it is exported: a graph's bytes, rows for it, and tfjs' answers. */
import { join } from "node:path";
import { Random } from "../../../data/random.ts";
import { genericGraph } from "../../../export/graph.ts";
import { runPasses } from "../../../export/passes/pass.ts";
import { readLayersModel } from "../../../export/read/layers-model.ts";
import { indexBounds } from "../../../export/verify/generic-rows.ts";
import { encodeModel } from "../../../onnx/codec/encode.ts";
import { elementCount } from "../../../onnx/element.ts";
import { servedIrVersion, servedOpset, type ValueInfo } from "../../../onnx/graph.ts";
import type { SessionHost, TensorMap } from "../../../runtime/session.ts";
import { core, fillWeights, predict, saveModel, temporaryFolder, type tfl } from "../support/tfjs.ts";
import { type Specimen, specimen } from "./architecture.ts";

interface Drawn {
  readonly rows: number;
  readonly seed: number;
  readonly bound: number | undefined;
}

/** Batch sizes compared. */
export const batchSizes = [1, 3, 17] as const;

/** One batch: what goes in, what tfjs gives by output name. */
interface Batch {
  readonly feeds: TensorMap;
  readonly expected: readonly {
    readonly name: string;
    readonly dims: readonly number[];
    readonly data: Float32Array;
  }[];
}

/** An exported net and what it must answer. */
export interface ExportedSpecimen {
  /** What the net was made of; its tfjs model is disposed of. */
  readonly made: Omit<Specimen, "model">;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** One of every size of {@link batchSizes}. */
  readonly batches: readonly Batch[];
}

/** Seeded weights under which values keep their size from layer to layer; variances are positive. */
function fillZoo(model: tfl.LayersModel, seed: number): void {
  fillWeights(model, seed);
  for (const layer of model.layers) {
    const scaled = layer.getWeights().map((weight) => {
      const { shape } = weight;
      const fanIn = shape.length > 1 ? weight.size / (shape.at(-1) ?? 1) : 1;
      return core.mul(weight, 1.5 / Math.sqrt(fanIn));
    });
    layer.setWeights(scaled);
    core.dispose(scaled);
  }
}

/** Rows like standardised genes; indices where the net looks them up. */
function rowsOf({ type, dims }: ValueInfo, { rows, seed, bound }: Drawn): { dims: number[]; data: Float32Array } {
  const shape = [rows, ...dims.slice(1).map(Number)];
  const random = new Random(seed);
  const draw = (): number => (bound === undefined && type === "float32" ? random.normal() : random.integer(bound ?? 8));
  return { dims: shape, data: Float32Array.from({ length: elementCount(shape) }, draw) };
}

/** Generates and exports the architecture of a seed. */
export async function exportSpecimen(seed: number): Promise<ExportedSpecimen> {
  const { model, ...made } = specimen(seed);
  fillZoo(model, seed + 1);
  const saved = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
  const { graph } = runPasses(genericGraph(saved));
  const producer = { name: "zoo", version: "1" };
  const bytes = encodeModel({ graph, opset: servedOpset, irVersion: servedIrVersion, producer, metadata: {} });
  const bounds = indexBounds(saved);
  const batches = batchSizes.map((rows): Batch => {
    const inputs = graph.inputs.map((input, i) => rowsOf(input, { rows, seed: seed + i + 1, bound: bounds[i] }));
    const answers = predict(model, inputs);
    const feeds = graph.inputs.map(({ name }, i) => [name, { type: "float32", ...inputs[i] }]);
    const expected = graph.outputs.map(({ name }, i) => {
      const { dims, data } = answers[i] ?? { dims: [], data: new Float32Array() };
      return { name, dims, data };
    });
    return { feeds: Object.fromEntries(feeds) as TensorMap, expected };
  });
  model.dispose();
  core.disposeVariables();
  return { made, bytes: Uint8Array.from(bytes), batches };
}

function largest(got: ArrayLike<number | bigint>, wanted: Float32Array): number {
  if (got.length !== wanted.length) return Infinity;
  return wanted.reduce((worst, value, i) => {
    const difference = Math.abs(Number(got[i]) - value) / (1 + Math.abs(value));
    return Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }, 0);
}

/** Largest |session − tfjs| / (1 + |tfjs|) over all batches and outputs; infinite for an output of another shape. */
export async function differenceOn(session: SessionHost, { batches }: ExportedSpecimen): Promise<number> {
  let difference = 0;
  for (const { feeds, expected } of batches) {
    const got = await session.run(feeds);
    for (const { name, dims, data } of expected) {
      const mine = got[name];
      const same = mine?.dims.join() === dims.join();
      difference = Math.max(difference, same ? largest(mine?.data ?? [], data) : Infinity);
    }
  }
  return difference;
}
