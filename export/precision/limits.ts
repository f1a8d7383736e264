/**
 * What a variant may cost, by precision, with reasons; `docs/numerics.md` quotes them.
 * @module
 */
import type { ModelVariant } from "../../schemas/index.ts";
import { goldenTolerance } from "../verify/tolerances.ts";

/** Precisions of variants. */
export type VariantPrecision = ModelVariant["precision"];

/** Largest relative increase of MAE on held-out rows. Measured on RNA-seq: fp16 0.000 %, int8 0.01 %, 4 bits −0.01 %. */
export const maeLimit: Readonly<Record<VariantPrecision, number>> = { fp16: 0.001, int8: 0.005, int4: 0.02 };

/**
 * Largest |variant − fp32| / (1 + |fp32|) of a cell in z units: what no rounding gives, but a wrong scale, zero point or
 * axis does. Typical maxima are 1e-3, 0.1 and 0.5.
 */
export const cellLimit: Readonly<Record<VariantPrecision, number>> = { fp16: 0.02, int8: 1, int4: 2 };

/**
 * Golden tolerances. Levels are whole numbers: where a host's tanh differs in its last bit an activation may fall on the
 * next level, which moves a result by a level's worth of one weight. Kernels that saturate, or that multiply in fewer
 * bits than the levels have, give differences of 0.1 and more.
 */
export const variantGoldenTolerance: Readonly<Record<VariantPrecision, Readonly<Record<string, number>>>> = {
  fp16: goldenTolerance,
  int8: { ...goldenTolerance, cpu: 2e-3, wasm: 5e-3, webgpu: 5e-3 },
  // The CPU provider quantises the input of a 4-bit product by blocks of 32 as well, other hosts do not: 978 → 1,000 →
  // 2,000 differs by up to 0.021 z between the two. WebAssembly has a file of its own without that product.
  int4: { ...goldenTolerance, cpu: 2e-3, webgpu: 3e-2 },
};

/** A variant of which less than this share of the net's weights can be quantised is not worth its file. */
export const leastQuantisedShare = 0.5;
