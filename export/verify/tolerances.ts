/**
 * Every tolerance of the export, with its reason; `docs/numerics.md` quotes them.
 * @module
 */

/**
 * Largest |ONNX − tfjs| / (1 + |tfjs|) in z units. Both sum the same float32 products in different orders, so the error
 * grows with the weights that cancel: measured 5e-7 for a tanh net 978 → 3,000 → 21,290, 5e-6 for ridge on real RNA-seq
 * (942 → 9,294, real and extreme rows), 8e-5 for all but unpenalised least squares on the same data. A wrong weight,
 * activation or axis gives more than 1e-2, and prediction errors are near 0.25.
 */
export const parityTolerance = 1e-3;

/**
 * Rounding of a native value, relative to the magnitudes added up. The served head starts from the folded bias and adds
 * its products in panels of 256 inputs, each sum rounded at the magnitude of mean + sd·z: up to 36 half-ulps of 2⁻²⁴ for
 * 9,000 inputs, which mostly cancel. Deducted before a difference is expressed in z units, because a gene that hardly
 * varies (sd ≪ mean) has a z whose last digits no float32 output can carry.
 */
export const nativeRounding = 32 * 2 ** -24;

/**
 * Largest |difference| / (1 + |expected|) of golden vectors in native units, by execution provider. Float32 providers
 * differ in the order of their sums; CUDA multiplies in TF32 by default (10 mantissa bits: 2⁻¹¹ a product), and DirectML
 * and Core ML may compute in half precision.
 */
export const goldenTolerance: Readonly<Record<string, number>> = {
  cpu: 1e-4,
  wasm: 1e-4,
  webgpu: 1e-3,
  cuda: 1e-2,
  dml: 2e-2,
  coreml: 2e-2,
};
