import type { Graph } from "../../onnx/graph.ts";
import { inferShapes } from "../../onnx/infer.ts";
import { removeDeadNodes } from "../../onnx/rewrite/remove-dead-nodes.ts";
import type { SessionHost } from "../../runtime/session.ts";
import { calibratedRange, type InputRange, knownRange } from "./input-range.ts";
import type { QuantisedProduct } from "./int8.ts";
import type { NetProduct } from "./net.ts";

/** What calibration runs on. */
export interface Calibration {
  /** Native training profiles `[rows, L]`. */
  readonly landmarks: Float32Array;
  readonly landmarkCount: number;
  /** Runs a graph; the session is closed afterwards. */
  readonly withSession: <T>(graph: Graph, use: (session: SessionHost) => Promise<T>) => Promise<T>;
}

/** Cells of one value that are kept for choosing its range. */
const keptCells = 2 ** 22;

/**
 * The range of every product's input: by construction where a clip or a bounded activation precedes it, else from what
 * it is on the calibration profiles.
 */
export async function quantisationRanges(
  graph: Graph,
  products: readonly NetProduct[],
  calibration: Calibration,
): Promise<readonly QuantisedProduct[]> {
  const ranges = new Map<string, InputRange>();
  for (const { x } of products) {
    const known = knownRange(graph, x);
    if (known !== undefined) ranges.set(x, known);
  }
  const open = [...new Set(products.map(({ x }) => x))].filter((x) => !ranges.has(x));
  for (const [x, values] of await valuesOf(graph, open, calibration)) ranges.set(x, calibratedRange(values));
  return products.flatMap((product) => {
    const range = ranges.get(product.x);
    return range === undefined ? [] : [{ product, range }];
  });
}

/** Values inside the graph on the calibration profiles, evenly spaced rows of them where they are many. */
async function valuesOf(
  graph: Graph,
  names: readonly string[],
  { landmarks, landmarkCount, withSession }: Calibration,
): Promise<ReadonlyMap<string, Float32Array>> {
  if (names.length === 0) return new Map();
  const infos = inferShapes(graph);
  const outputs = names.flatMap((name) => infos.get(name) ?? []);
  const width = Math.max(...outputs.map(({ dims }) => Number(dims[1] ?? 1)));
  const all = landmarks.length / landmarkCount;
  const count = Math.max(1, Math.min(all, Math.floor(keptCells / width)));
  const data = new Float32Array(count * landmarkCount);
  for (let row = 0; row < count; row++) {
    const from = Math.floor((row * all) / count) * landmarkCount;
    data.set(landmarks.subarray(from, from + landmarkCount), row * landmarkCount);
  }
  // A net without a standardisation reads the graph's input itself.
  const computed = outputs.filter(({ name }) => name !== "landmarks");
  const values = new Map(names.includes("landmarks") ? [["landmarks", data]] : []);
  if (computed.length === 0) return values;
  return withSession(removeDeadNodes({ ...graph, outputs: computed }), async (session) => {
    const feeds = { landmarks: { type: "float32", dims: [count, landmarkCount], data } } as const;
    const results = await session.run(feeds);
    for (const { name } of computed) values.set(name, Float32Array.from(results[name]?.data ?? [], Number));
    return values;
  });
}
