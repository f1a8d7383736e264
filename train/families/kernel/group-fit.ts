import type { Products } from "../../../runtime/algebra/products.ts";
import { inLists, putColumns, takeColumns } from "./columns.ts";
import type { GeneGroup } from "./gene-groups.ts";
import { type KernelShape, kernelMatrix, kernelPoints } from "./kernel-function.ts";
import { type HeldRows, listLength } from "./kernel-rows.ts";
import {
  heldOperator,
  leaveOneOutOperator,
  leftOut,
  type Penalised,
  rotate,
  type Smoother,
  smoother,
} from "./smoother.ts";
import { fitTargets, type TargetFits } from "./target-fit.ts";

/** A group's targets fitted; arrays in the order of `group.targets`. */
export interface GroupFit extends TargetFits {
  readonly group: GeneGroup;
  /** `[V, targets]`: predictions of the held-out profiles, without shift and floor. */
  readonly held: Float32Array;
}

/** What a group is fitted from. */
export interface GroupRows {
  /** Training profiles: all of them are centres. */
  readonly train: HeldRows;
  /** Profiles that the common penalty is chosen on; none where the dataset has no validation rows. */
  readonly held: HeldRows;
}

/** Options of every group. */
export interface GroupOptions {
  readonly products: Products;
  readonly shape: KernelShape;
  readonly winsorise: number;
  readonly penalties: readonly number[];
  /** Called between lists of targets: throws when the fit is to stop. */
  readonly check: () => void;
}

/** Fits a group's targets. */
export type FitGroup = (group: GeneGroup, options: GroupOptions) => Promise<GroupFit>;

/** Fits with all training profiles as centres. Profiles compared are kept while group and kernel stay the same. */
export function wholeFits(rows: GroupRows): FitGroup {
  let last: { readonly group: GeneGroup; readonly shape: KernelShape; readonly compared: ComparedRows } | undefined;
  return async (group, options) => {
    const { shape } = options;
    if (last?.group !== group || last.shape !== shape) {
      last = undefined;
      last = { group, shape, compared: await compareRows(group, rows, options) };
    }
    return fitGroup(group, { rows, compared: last.compared }, options);
  };
}

/** Profiles compared, before any target is looked at: the same for whatever `winsorise`. */
export interface ComparedRows {
  readonly smoother: Smoother;
  /** `[V, N]` */
  readonly held: Float64Array;
}

/** Compares the profiles under a group's metric. */
async function compareRows(
  { metric }: GeneGroup,
  { train, held }: GroupRows,
  { products, shape, penalties }: GroupOptions,
): Promise<ComparedRows> {
  const points = kernelPoints(train.x, metric);
  const own = await kernelMatrix(products, { a: points, b: points }, shape);
  const crossed =
    held.count === 0
      ? new Float64Array()
      : await kernelMatrix(products, { a: kernelPoints(held.x, metric), b: points }, shape);
  const values = { count: train.count, train: own, held: crossed };
  return { smoother: await smoother(products, values, penalties), held: crossed };
}

/** Fits a group's targets on compared profiles, some at a time. */
export async function fitGroup(
  group: GeneGroup,
  { rows, compared }: { readonly rows: GroupRows; readonly compared: ComparedRows },
  options: GroupOptions,
): Promise<GroupFit> {
  const { train, held } = rows;
  const { products, winsorise, check } = options;
  const width = group.targets.length;
  const total = train.y.length / train.count;
  const fit = {
    group,
    coefficients: new Float32Array(train.count * width),
    bias: new Float64Array(width),
    shift: new Float32Array(width),
    floor: new Float32Array(width),
    held: new Float32Array(held.count * width),
  };
  const common = await commonPenalty(group, { rows, compared }, options);
  const judge = await leaveOneOutOperator(products, compared.smoother, common);
  for (const places of inLists(
    Int32Array.from({ length: width }, (_, at) => at),
    listLength,
  )) {
    check();
    const targets = places.map((at) => group.targets[at] ?? 0);
    const part = await fitTargets(takeColumns(train.y, total, targets), {
      products,
      smoother: compared.smoother,
      judge,
      winsorise,
    });
    putColumns(fit.coefficients, width, { columns: places, values: part.coefficients });
    for (const [at, place] of places.entries())
      for (const name of ["bias", "shift", "floor"] as const) fit[name][place] = part[name][at] ?? Number.NaN;
    if (held.count === 0) continue;
    putColumns(fit.held, width, { columns: places, values: await predicted(products, compared.held, part) });
  }
  return fit;
}

/** k(x, S)·coefficients + bias of held-out profiles. @param held k(x, S), `[V, N]` */
export async function predicted(
  products: Products,
  held: Float64Array,
  { coefficients, bias }: Pick<TargetFits, "coefficients" | "bias">,
): Promise<Float32Array> {
  const count = coefficients.length / bias.length;
  const width = bias.length;
  const shape = { m: held.length / count, k: count, n: width } as const;
  const values = await products.multiply({ type: "float64", ...shape, a: held, b: Float64Array.from(coefficients) });
  for (let at = 0; at < values.length; at++) values[at]! += bias[at % width]!;
  return Float32Array.from(values);
}

/**
 * The penalty that predicts the held-out profiles best over all targets of the group; where there are none, the one that
 * predicts training profiles best without themselves.
 */
async function commonPenalty(
  { targets }: GeneGroup,
  {
    rows: { train, held },
    compared: { smoother: smooth },
  }: { readonly rows: GroupRows; readonly compared: ComparedRows },
  { products, check }: GroupOptions,
): Promise<Penalised> {
  const { count: n, penalised } = smooth;
  const total = train.y.length / n;
  const errors = penalised.map(() => 0);
  for (const list of inLists(targets, listLength)) {
    check();
    const width = list.length;
    const rotated = await rotate(products, smooth, takeColumns(train.y, total, list));
    const truth = takeColumns(held.y, total, list);
    for (let at = 0; at < truth.length; at++) truth[at]! -= rotated.means[at % width]!;
    const product = { type: "float32", b: Float32Array.from(rotated.values), m: held.count, k: n, n: width } as const;
    for (const [index, penalty] of penalised.entries()) {
      const result =
        held.count > 0
          ? await products.multiply({ ...product, a: heldOperator(smooth, penalty), transA: true })
          : await leftOut(products, smooth, { rotated, penalty });
      // A residual already where profiles are left out.
      for (let at = 0; at < result.length; at++) errors[index]! += Math.abs(result[at]! - (truth[at] ?? 0));
    }
  }
  const scored = penalised.map((penalty, index) => ({ penalty, error: errors[index] ?? Number.NaN }));
  return scored.reduce((a, b) => (b.error < a.error ? b : a)).penalty;
}
