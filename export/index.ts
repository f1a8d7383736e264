/**
 * tfjs LayersModels and training runs to verified ONNX version folders.
 * @module
 */
export { type ExportRunOptions, exportRun } from "./expression.ts";
export { type ExportGenericOptions, exportGeneric } from "./generic.ts";
export { genericGraph, type ServedParts, servedGraph } from "./graph.ts";
export type { LiveModel } from "./live-model.ts";
export { type LayersModel, readLayersModel } from "./read/layers-model.ts";
export { exportSource } from "./source.ts";
export type { ExportOptions } from "./version-folder.ts";
