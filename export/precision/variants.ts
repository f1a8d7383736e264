/**
 * The same model in fewer bits: every variant is built from the float32 graph, measured against it on profiles, and
 * written only when it costs no more accuracy than its limit.
 * @module
 */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Graph } from "../../onnx/graph.ts";
import type { SessionHost, TensorMap } from "../../runtime/session.ts";
import { AppError, type ModelVariant, type Parity } from "../../schemas/index.ts";
import { modelFileName, writeGraphFiles } from "../model-files.ts";
import { goldenVectors } from "../verify/golden.ts";
import { verifyParity } from "../verify/parity.ts";
import type { RowSource } from "../verify/rows.ts";
import { type Admitted, admit } from "./admit.ts";
import { quantisationRanges } from "./calibrate.ts";
import type { QuantisedProduct } from "./int8.ts";
import { type VariantSource, withOpened } from "./judge.ts";
import { type VariantKind, variantKinds } from "./kinds.ts";
import { cellLimit, type VariantPrecision, variantGoldenTolerance } from "./limits.ts";
import { referenceTargets } from "./measure.ts";
import { netProducts } from "./net.ts";

/** What {@link writeVariants} is given. */
export interface VariantRequest extends Omit<VariantSource, "reference"> {
  readonly precisions: readonly VariantPrecision[];
  /** What the rows are; `generated` ones have no truth. */
  readonly rowKind: ModelVariant["measured"]["rows"];
  /** Native training profiles `[rows, L]`, for ranges that are not known by construction. */
  readonly calibration: Float32Array;
  /** What golden rows are made of. */
  readonly golden: RowSource;
  /** Called before each file. @throws AppError `cancelled` to stop. */
  readonly onVariant?: (label: string) => void;
}

/** What was written. */
export interface WrittenVariants {
  /** Paths relative to the folder. */
  readonly files: readonly string[];
  readonly variants: readonly ModelVariant[];
  readonly parity: readonly Parity[];
}

/** Profiles compared alone and in batches, with the float32 graph's outputs. */
const parityRowCount = 64;

/**
 * Writes the variants asked for into `variants/` of a folder that holds `model.onnx` already.
 * @throws AppError `bad-model` when one costs more accuracy than its limit, or when a profile's result depends on its
 *   batch.
 */
export async function writeVariants(request: VariantRequest): Promise<WrittenVariants> {
  const { precisions, dir, graph, rows, inverse, open, onVariant } = request;
  const kinds = variantKinds.filter(({ precision }) => precisions.includes(precision));
  if (kinds.length === 0) return { files: [], variants: [], parity: [] };
  const feeds = parityFeeds(request);
  const { reference, outputs } = await withOpened(open, join(dir, modelFileName), async (session) => ({
    reference: await referenceTargets(session, rows, inverse),
    outputs: await session.run(feeds),
  }));
  const source: VariantSource = { ...request, reference };
  const products = netProducts(graph);
  const written = { files: [] as string[], variants: [] as ModelVariant[], parity: [] as Parity[] };
  for (const kind of kinds) {
    onVariant?.(kind.label);
    const candidates =
      kind.precision === "int8"
        ? await quantisationRanges(graph, products, {
            landmarks: request.calibration,
            landmarkCount: rows.landmarkCount,
            withSession: (part, use) => withTrial(request, part, use),
          })
        : products.map((product) => ({ product }));
    if (kind.precision !== "fp16" && candidates.length === 0) throw nothingToQuantise(kind);
    const admitted = await admit(source, kind, candidates);
    const checked = await withOpened(open, join(dir, kind.path), (session) =>
      checkWritten(session, { request, kind, feeds, outputs }),
    );
    written.files.push(...admitted.files);
    written.parity.push(checked.parity);
    written.variants.push(variantOf(kind, { request, admitted, candidates, golden: checked.golden }));
  }
  return written;
}

function nothingToQuantise({ label }: VariantKind): AppError {
  return new AppError("bad-model", {
    what: `the net has no product that can be quantised, so there is no ${label} variant`,
    expected: "a Dense layer of at least 1,024 weights",
    advice: "Export float32 and fp16 alone",
  });
}

/** Runs a graph that is not part of the folder. */
async function withTrial<T>(
  { dir, open }: VariantRequest,
  graph: Graph,
  use: (session: SessionHost) => Promise<T>,
): Promise<T> {
  const trial = join(dir, "variants", "trial");
  await mkdir(trial, { recursive: true });
  try {
    await writeGraphFiles(trial, graph);
    return await withOpened(open, join(trial, modelFileName), use);
  } finally {
    await rm(trial, { recursive: true });
  }
}

function parityFeeds({ rows: { landmarks, landmarkCount } }: VariantRequest): TensorMap {
  const count = Math.min(parityRowCount, landmarks.length / landmarkCount);
  const data = landmarks.slice(0, count * landmarkCount);
  return { landmarks: { type: "float32", dims: [count, landmarkCount], data } };
}

interface CheckContext {
  readonly request: VariantRequest;
  readonly kind: VariantKind;
  readonly feeds: TensorMap;
  /** The float32 graph's outputs for the feeds. */
  readonly outputs: TensorMap;
}

/** Golden vectors and parity of a written variant; a profile must have the same bits in every batch. */
async function checkWritten(session: SessionHost, { request, kind, feeds, outputs }: CheckContext) {
  const { targets, ood } = outputs;
  const values = (data: TensorMap[string] | undefined): Float64Array => Float64Array.from(data?.data ?? [], Number);
  const { scale, offset } = request.inverse;
  const z = values(targets).map((v, i) => (v - (offset[i % offset.length] ?? 0)) / (scale[i % offset.length] ?? 1));
  const parity = await verifyParity({
    variant: kind.label,
    session,
    feeds,
    expected: [
      { output: "targets", dims: targets?.dims ?? [], values: z, inverse: request.inverse },
      { output: "ood", dims: ood?.dims ?? [], values: values(ood) },
    ],
    tolerance: cellLimit[kind.precision],
  });
  if (parity.batchDependence > 0)
    throw new AppError("bad-model", {
      what: `in the ${kind.label} variant a profile's result depends on its batch; nothing was written`,
      expected: "the same bits alone and among others",
      got: `a difference of ${parity.batchDependence.toPrecision(3)} z units`,
      advice: `Export without --precision ${kind.precision}`,
    });
  return { parity, golden: await goldenVectors(session, request.golden) };
}

/** The manifest's record of a variant. */
function variantOf(
  kind: VariantKind,
  facts: {
    readonly request: VariantRequest;
    readonly admitted: Admitted;
    readonly candidates: readonly QuantisedProduct[];
    readonly golden: Pick<ModelVariant["golden"], "targets" | "ood">;
  },
): ModelVariant {
  const { precision, path, opset, providers } = kind;
  const { quantised, errors, measured, change, limit } = facts.admitted;
  const { rows, ...differences } = measured;
  return {
    precision,
    path,
    opset,
    ...(providers && { providers: [...providers] }),
    layers: facts.candidates.map((candidate) => {
      const error = errors.get(candidate);
      const isQuantised = quantised.includes(candidate);
      return {
        name: candidate.product.node.name,
        precision: isQuantised ? precision : "fp32",
        ...(isQuantised && candidate.range && { input: candidate.range }),
        ...(error !== undefined && { error }),
      };
    }),
    measured: { rows: facts.request.rowKind, count: rows, change, limit, ...differences },
    golden: {
      targets: facts.golden.targets,
      ood: facts.golden.ood,
      tolerance: { ...variantGoldenTolerance[precision] },
    },
  };
}
