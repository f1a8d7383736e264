/** What trains a net: ONNX Runtime, tfjs on the fastest of its backends that works, or tfjs on one of them. */
export const engineNames = [
  "ort",
  "tfjs",
  "tfjs:node-gpu",
  "tfjs:node",
  "tfjs:webgpu",
  "tfjs:wasm",
  "tfjs:cpu",
] as const;
export type EngineName = (typeof engineNames)[number];
