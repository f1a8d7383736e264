/**
 * ONNX files: models to bytes and back.
 * @module
 */
export { type DecodeOptions, decodeModel } from "./decode.ts";
export type { ExternalReference, ReadExternal } from "./decode-tensor.ts";
export { encodeModel } from "./encode.ts";
export { encodeModelStreamed, type Place, type StreamedModel, type StreamOptions } from "./stream.ts";
