/**
 * The kernel fit for more profiles than can be centres: of M centres S drawn at random every profile has the features
 * f(x) = L⁻¹·k(S, x), k(S, S) = L·Lᵀ, and ridge on them is kernel ridge regression within the span of the centres
 * (Williams & Seeger 2001; Rudi, Camoriano & Rosasco 2015). All profiles stream by, once a group: memory does not grow
 * with their number. Penalties and medians come from judged profiles, by the residual that each would have if it were
 * left out, (y − ŷ)/(1 − h) with h its leverage. Nothing is winsorised, for that would take a pass a round.
 * @module
 */
import { choleskyFactor, lowerInverse } from "../../../runtime/algebra/cholesky.ts";
import { MomentAccumulator, type Moments } from "../../../runtime/algebra/moments.ts";
import { solveShifted, type Tridiagonal, tridiagonalise } from "../../../runtime/algebra/tridiagonal.ts";
import type { OpenSession } from "../../../runtime/session.ts";
import type { TrainingData } from "../../standardised.ts";
import { inLists, putColumns, takeColumns, takeExactColumns } from "./columns.ts";
import type { GeneGroup } from "./gene-groups.ts";
import { type FitGroup, type GroupFit, type GroupOptions, predicted } from "./group-fit.ts";
import { type KernelPoints, kernelMatrix, kernelPoints } from "./kernel-function.ts";
import { type HeldRows, listLength } from "./kernel-rows.ts";
import { median } from "./median.ts";
import { quadraticForms } from "./smoother.ts";

/** What streamed fits work on. */
export interface StreamedRows {
  readonly data: TrainingData;
  readonly open: OpenSession;
  /** `[M, L]`, z units. */
  readonly centres: Float32Array;
  /** Training profiles that penalties are chosen on, none of them a centre. */
  readonly judged: HeldRows;
  /** Validation profiles. */
  readonly held: HeldRows;
}

/** Share of the kernel's mean diagonal added to k(S, S): centres that are nearly alike would make it singular. */
const jitter = 1e-9;

/** Features of a group's profiles. */
interface FeatureMap {
  readonly points: KernelPoints;
  /** L⁻¹, `[M, M]`. */
  readonly inverse: Float64Array;
}

/** Fits with centres and all training profiles streamed. */
export function streamedFits(rows: StreamedRows): FitGroup {
  return async (group, options) => {
    const { products, shape } = options;
    const points = kernelPoints(rows.centres, group.metric);
    const own = await kernelMatrix(products, { a: points, b: points }, shape);
    const map = { points, inverse: inverseRoot(own, points.rows) };
    const { moments, floor } = await featureMoments(group, { rows, map }, options);
    const fit = await solve(group, { rows, map, moments }, options);
    const held = rows.held.count === 0 ? new Float64Array() : await crossed(rows.held.x, { group, map }, options);
    const predictions = held.length === 0 ? new Float32Array() : await predicted(products, held, fit);
    return { group, ...fit, floor, held: predictions };
  };
}

/** L⁻¹ of K + jitter. */
function inverseRoot(kernel: Float64Array, n: number): Float64Array {
  let trace = 0;
  for (let i = 0; i < n; i++) trace += kernel[i * n + i]!;
  // Centres without variation all have the same features, which any positive diagonal gives.
  const added = jitter * (trace > 0 ? trace / n : 1);
  for (let i = 0; i < n; i++) kernel[i * n + i]! += added;
  return lowerInverse(choleskyFactor(kernel, n), n);
}

interface Mapped {
  readonly group: GeneGroup;
  readonly map: FeatureMap;
}

/** k(x, S) `[rows, M]`. */
function crossed(x: Float32Array, { group, map }: Mapped, { products, shape }: GroupOptions): Promise<Float64Array> {
  return kernelMatrix(products, { a: kernelPoints(x, group.metric), b: map.points }, shape);
}

/** f(x) `[rows, M]`. */
async function features(x: Float32Array, mapped: Mapped, options: GroupOptions): Promise<Float64Array> {
  const kernel = await crossed(x, mapped, options);
  const n = mapped.map.points.rows;
  const shape = { type: "float64", m: kernel.length / n, k: n, n, transB: true } as const;
  return options.products.multiply({ ...shape, a: kernel, b: mapped.map.inverse });
}

/** Moments of features and the group's targets over all training profiles, and each target's smallest value. */
async function featureMoments(
  group: GeneGroup,
  { rows: { data, open }, map }: { readonly rows: StreamedRows; readonly map: FeatureMap },
  options: GroupOptions,
): Promise<{ readonly moments: Moments; readonly floor: Float32Array }> {
  const { targets } = group;
  const floor = new Float32Array(targets.length).fill(Number.POSITIVE_INFINITY);
  await using accumulator = await MomentAccumulator.open({ open, p: map.points.rows, q: targets.length });
  for await (const block of data.blocks("train")) {
    options.check();
    const x = Float32Array.from(await features(block.landmarks, { group, map }, options));
    const y = takeColumns(block.targets, data.targets, targets);
    for (let at = 0; at < y.length; at++) {
      const t = at % targets.length;
      floor[t] = Math.min(floor[t]!, y[at]!);
    }
    await accumulator.add({ x, y, rows: block.rows });
  }
  return { moments: await accumulator.finish(), floor };
}

interface Solving {
  readonly rows: StreamedRows;
  readonly map: FeatureMap;
  readonly moments: Moments;
}

/** Ridge on the features, a penalty for each target. */
async function solve(
  group: GeneGroup,
  { rows: { data, judged }, map, moments }: Solving,
  options: GroupOptions,
): Promise<Omit<GroupFit, "group" | "held" | "floor">> {
  const { products, penalties } = options;
  const [n, width] = [map.points.rows, group.targets.length];
  const { meanX, meanY, gram, cross } = moments;
  const tridiagonal = await tridiagonalise(products, gram, n);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += gram[i * n + i]!;
  const shifts = penalties.map((penalty) => penalty * (trace > 0 ? trace : n));
  const centred = await features(judged.x, { group, map }, options);
  for (let at = 0; at < centred.length; at++) centred[at]! -= meanX[at % n]!;
  const product = { type: "float64", m: judged.count, k: n, n } as const;
  const rotated = await products.multiply({ ...product, a: centred, b: tridiagonal.basis });
  const base = { tridiagonal, rotated, shifts, count: moments.count };
  const fit = {
    coefficients: new Float32Array(n * width),
    bias: new Float64Array(width),
    shift: new Float32Array(width),
  };
  for (const places of inLists(
    Int32Array.from({ length: width }, (_, at) => at),
    listLength,
  )) {
    options.check();
    const truth = takeColumns(
      judged.y,
      data.targets,
      places.map((at) => group.targets[at]!),
    );
    for (let at = 0; at < truth.length; at++) truth[at]! -= meanY[places[at % places.length]!]!;
    const part = await solveList({ ...base, cross: takeExactColumns(cross, width, places), truth }, options);
    const inner = { type: "float64", m: n, k: n, n: places.length } as const;
    const weights = await products.multiply({ ...inner, a: tridiagonal.basis, b: part.weights });
    const own = await products.multiply({ ...inner, a: map.inverse, b: weights, transA: true });
    putColumns(fit.coefficients, width, { columns: places, values: Float32Array.from(own) });
    for (const [at, place] of places.entries()) {
      fit.shift[place] = part.shift[at]!;
      let bias = meanY[place]!;
      for (let i = 0; i < n; i++) bias -= meanX[i]! * weights[i * places.length + at]!;
      fit.bias[place] = bias;
    }
  }
  return fit;
}

interface TargetList {
  readonly tridiagonal: Tridiagonal;
  /** Judged profiles in the basis of the tridiagonal form, `[R, M]`. */
  readonly rotated: Float64Array;
  readonly shifts: readonly number[];
  /** Training profiles. */
  readonly count: number;
  /** `[M, targets]` */
  readonly cross: Float64Array;
  /** `[R, targets]`, less the training means. */
  readonly truth: Float32Array;
}

/** The best penalty's weights of each target in the rotated basis `[M, targets]`, and the median of its residuals. */
async function solveList(
  { tridiagonal, rotated, shifts, count, cross, truth }: TargetList,
  { products }: GroupOptions,
) {
  const { n, basis } = tridiagonal;
  const rows = rotated.length / n;
  const width = truth.length / rows;
  const shape = { type: "float64", k: n, n: width } as const;
  const rhs = await products.multiply({ ...shape, a: basis, b: cross, m: n, transA: true });
  const least = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
  const [weights, shift, residuals] = [new Float64Array(cross.length), new Float32Array(width), new Float32Array(rows)];
  const inner = new Float64Array(cross.length);
  for (const sigma of shifts) {
    const leverage = quadraticForms(tridiagonal, sigma, rotated);
    solveShifted(tridiagonal, { shift: sigma, rhs, columns: width }, inner);
    const fitted = await products.multiply({ ...shape, a: rotated, b: inner, m: rows });
    for (let t = 0; t < width; t++) {
      let sum = 0;
      for (let r = 0; r < rows; r++) {
        const at = r * width + t;
        residuals[r] = (truth[at]! - fitted[at]!) / (1 - 1 / count - leverage[r]!);
        sum += Math.abs(residuals[r]!);
      }
      if (!(sum < least[t]!)) continue;
      least[t] = sum;
      for (let at = t; at < inner.length; at += width) weights[at] = inner[at]!;
      shift[t] = median(residuals);
    }
  }
  return { weights, shift };
}
