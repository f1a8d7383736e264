/** One random architecture: ONNX Runtime's answers next to tfjs'. */
import { join } from "node:path";
import { Random } from "../../../data/random.ts";
import { genericGraph } from "../../../export/graph.ts";
import { runPasses } from "../../../export/passes/pass.ts";
import { readLayersModel } from "../../../export/read/layers-model.ts";
import { indexBounds } from "../../../export/verify/generic-rows.ts";
import { encodeModel } from "../../../onnx/codec/encode.ts";
import { elementCount } from "../../../onnx/element.ts";
import { servedIrVersion, servedOpset, type ValueInfo } from "../../../onnx/graph.ts";
import { openSession } from "../../../runtime/node/open.ts";
import type { TensorMap } from "../../../runtime/session.ts";
import { core, fillWeights, predict, saveModel, temporaryFolder, type tfl } from "../support/tfjs.ts";
import { type Specimen, specimen } from "./architecture.ts";

interface Drawn {
  readonly rows: number;
  readonly seed: number;
  readonly bound: number | undefined;
}

/** Batch sizes compared. */
export const batchSizes = [1, 3, 17] as const;

/**
 * Largest |ONNX − tfjs| / (1 + |tfjs|) of random nets, by what they are made of. Both sum the same float32 products of
 * some dozen terms in different orders; normalisations divide by spreads down to √ε = 0.1, which makes differences ten
 * times as large, and may follow each other.
 */
export const zooTolerances = { plain: 2e-5, convolutional: 2e-5, normalising: 5e-4 } as const;

const isNormalising = /Normalization|^Dot$/;
const isConvolutional = /Conv|Pool/;

export function toleranceOf({ classes }: Specimen): number {
  const has = (pattern: RegExp): boolean => [...classes].some((name) => pattern.test(name));
  if (has(isNormalising)) return zooTolerances.normalising;
  return has(isConvolutional) ? zooTolerances.convolutional : zooTolerances.plain;
}

function largest(got: ArrayLike<number | bigint>, wanted: Float32Array): number {
  if (got.length !== wanted.length) return Infinity;
  return wanted.reduce((worst, value, i) => {
    const difference = Math.abs(Number(got[i]) - value) / (1 + Math.abs(value));
    return Number.isNaN(difference) ? Infinity : Math.max(worst, difference);
  }, 0);
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

/** Generates, exports and runs the architecture of a seed; the largest relative difference over all outputs. */
export async function compareSpecimen(seed: number): Promise<{ readonly made: Specimen; readonly difference: number }> {
  const made = specimen(seed);
  const { model } = made;
  fillZoo(model, seed + 1);
  const saved = await readLayersModel(await saveModel(model, join(await temporaryFolder(), "tfjs")));
  const { graph } = runPasses(genericGraph(saved));
  const producer = { name: "zoo", version: "1" };
  const bytes = encodeModel({ graph, opset: servedOpset, irVersion: servedIrVersion, producer, metadata: {} });
  await using session = await openSession({ bytes }, { device: "cpu", threads: 1 });
  const bounds = indexBounds(saved);
  let difference = 0;
  for (const rows of batchSizes) {
    const inputs = graph.inputs.map((input, i) => rowsOf(input, { rows, seed: seed + i + 1, bound: bounds[i] }));
    const expected = predict(model, inputs);
    const feeds = graph.inputs.map(({ name }, i) => [name, { type: "float32", ...inputs[i] }]);
    const got = await session.run(Object.fromEntries(feeds) as TensorMap);
    for (const [i, { name }] of graph.outputs.entries()) {
      const [mine, wanted] = [got[name], expected[i]];
      const same = mine?.dims.join() === wanted?.dims.join();
      difference = Math.max(difference, same && wanted ? largest(mine?.data ?? [], wanted.data) : Infinity);
    }
  }
  model.dispose();
  core.disposeVariables();
  return { made, difference };
}
