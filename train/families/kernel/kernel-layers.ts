/**
 * The kernel fit as layers that every host has. Of one group, with x' = w∘x, N centres s, u = x̃'/|x̃'| (layer
 * normalisation) and n = |x̃'| = x'·u/d:
 *
 *     e  = elu(γ·(cos − 1)) = exp(γ·(cos − 1)) − 1      Dense, kernel γ·s̃'/(|s̃'|·d), bias −γ; the argument is ≤ 0
 *     h  = e·n·|s̃'|                                     Dense of n, times e
 *     ŷ  = max(0, [h, n, x]·[A; |s̃'|ᵀA; c·w∘(S'ᵀA)/d] + b − floor) + floor
 *
 * The row of n gives back the 1 that elu took off, the rows of x are the linear kernel multiplied out.
 * @module
 */
import type { Products } from "../../../runtime/algebra/products.ts";
import { inputName, type StockLayer } from "../../layers-model.ts";
import { add, affineFeatures, concatenate, dense, layerNormalization, multiply } from "../../stock-layers.ts";
import type { Affine } from "../affine.ts";
import type { GroupFit } from "./group-fit.ts";
import { type KernelPoints, type KernelShape, kernelPoints } from "./kernel-function.ts";

/** A kernel fit whose free choices are made. */
export interface ChosenKernel {
  readonly shape: KernelShape;
  readonly groups: readonly GroupFit[];
  /** Centres `[N, L]`, z units. */
  readonly centres: Float32Array;
  /** Share of each target's median error that is added. */
  readonly shiftShare: number;
}

/** Small beside the variance of any profile, and not 0 for one that has none. */
const profileEpsilon = 1e-6;

/** What of a group the layers are made of. */
interface GroupParts {
  readonly products: Products;
  readonly shape: KernelShape;
  readonly group: GroupFit;
  readonly points: KernelPoints;
  readonly shiftShare: number;
}

/** Layers of all groups, the last one giving z targets less their floor, in the groups' order. */
export async function kernelLayers(products: Products, kernel: ChosenKernel): Promise<StockLayer[]> {
  const { shape, groups, centres, shiftShare } = kernel;
  const layers: StockLayer[] = [];
  const ends: string[] = [];
  for (const [at, group] of groups.entries()) {
    const points = kernelPoints(centres, group.group.metric);
    const parts = await groupLayers(`group_${at + 1}`, { products, shape, group, points, shiftShare });
    layers.push(...parts);
    ends.push(parts.at(-1)?.name ?? "");
  }
  if (ends.length > 1) layers.push(concatenate({ name: "groups", reads: ends }));
  return layers;
}

async function groupLayers(name: string, parts: GroupParts): Promise<StockLayer[]> {
  const { group, points, shape } = parts;
  const { metric } = group.group;
  const { rows: n, columns: d, sizes } = points;
  const at = (part: string): string => `${name}_${part}`;
  const isPlain = metric.every((weight) => weight === 1);
  const weighed = isPlain ? inputName : at("weighed");
  const [kernel, bias] = await outputWeights(parts);
  return [
    ...(isPlain
      ? []
      : [affineFeatures({ name: weighed, reads: [inputName] }, { scale: metric, offset: new Float32Array(d) })]),
    layerNormalization({ name: at("direction"), reads: [weighed] }, d, profileEpsilon),
    dense(
      { name: at("alike"), reads: [at("direction")] },
      { kernel: directions(points, shape), units: n, bias: new Float32Array(n).fill(-shape.gamma), activation: "elu" },
    ),
    multiply({ name: at("squares"), reads: [weighed, at("direction")] }),
    dense({ name: at("size"), reads: [at("squares")] }, { kernel: new Float32Array(d).fill(1 / d), units: 1 }),
    dense({ name: at("sizes"), reads: [at("size")] }, { kernel: Float32Array.from(sizes), units: n }),
    multiply({ name: at("kernel"), reads: [at("alike"), at("sizes")] }),
    concatenate({ name: at("features"), reads: [at("kernel"), at("size"), inputName] }),
    dense({ name: at("targets"), reads: [at("features")] }, { kernel, units: bias.length, bias, activation: "relu" }),
  ];
}

/** γ·s̃'/(|s̃'|·d), `[d, N]`; 0 for a centre without variation, whose size is 0 too. */
function directions({ rows: n, columns: d, centred, sizes }: KernelPoints, { gamma }: KernelShape): Float32Array {
  const kernel = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const scale = sizes[i]! > 0 ? gamma / (sizes[i]! * d) : 0;
    for (let j = 0; j < d; j++) kernel[j * n + i] = centred[i * d + j]! * scale;
  }
  return kernel;
}

/** [A; |s̃'|ᵀA; c·w∘(S'ᵀA)/d] `[N + 1 + d, targets]`, and b + shift − floor. */
async function outputWeights({
  products,
  shape,
  group,
  points,
  shiftShare,
}: GroupParts): Promise<[Float32Array, Float32Array]> {
  const { coefficients, bias, shift, floor } = group;
  const { metric } = group.group;
  const { rows: n, columns: d, centred, means, sizes } = points;
  const width = bias.length;
  const exact = Float64Array.from(coefficients);
  const product = { type: "float64", b: exact, k: n, n: width } as const;
  const bySize = await products.multiply({ ...product, a: sizes, m: 1 });
  const scaled = new Float64Array(n * d);
  for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++, at++) scaled[at] = centred[at]! + means[i]!;
  const linear = await products.multiply({ ...product, a: scaled, m: d, transA: true });
  const kernel = new Float32Array((n + 1 + d) * width);
  kernel.set(coefficients);
  kernel.set(bySize, n * width);
  for (let j = 0, at = 0; j < d; j++) {
    const weight = (shape.linear * metric[j]!) / d;
    for (let t = 0; t < width; t++, at++) kernel[(n + 1) * width + at] = weight * linear[at]!;
  }
  return [kernel, Float32Array.from(bias, (value, t) => value + shiftShare * shift[t]! - floor[t]!)];
}

/**
 * Undoes the floor's shift behind the groups' layers, and mixes ridge in with weight `share`; the last layer's name is
 * the output's.
 */
export function kernelEnd(
  last: string,
  {
    floor,
    mix,
  }: { readonly floor: Float32Array; readonly mix?: { readonly ridge: Affine; readonly share: number } | undefined },
): StockLayer[] {
  const share = mix?.share ?? 0;
  const kept = affineFeatures(
    { name: "floored", reads: [last] },
    { scale: new Float32Array(floor.length).fill(1 - share), offset: floor.map((value) => value * (1 - share)) },
  );
  if (mix === undefined) return [kept];
  const { kernel, bias } = mix.ridge;
  const ridge = {
    kernel: kernel.map((weight) => weight * share),
    bias: bias.map((weight) => weight * share),
    units: bias.length,
  };
  return [
    kept,
    dense({ name: "ridge", reads: [inputName] }, ridge),
    add({ name: "mixed", reads: ["floored", "ridge"] }),
  ];
}
