/**
 * The border to protobuf: message classes, and 64-bit integers without loss.
 * @module
 */
import onnxProto from "onnx-proto";

export const { onnx } = onnxProto;
export type Attribute = onnxProto.onnx.IAttributeProto;
export type GraphProto = onnxProto.onnx.IGraphProto;
export type ModelProto = onnxProto.onnx.IModelProto;
export type NodeProto = onnxProto.onnx.INodeProto;
export type TensorProto = onnxProto.onnx.ITensorProto;
export type ValueInfoProto = onnxProto.onnx.IValueInfoProto;
/** protobufjs gives a `Long` where that package is found (Node), a number otherwise (browser bundles). */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean };

/** What protobufjs writes as int64; a bigint itself would be written as 0. */
export function toInt64(value: bigint): Int64 {
  const exact = Number(value);
  if (Number.isSafeInteger(exact)) return exact;
  // All that the writer reads of a Long (protobufjs LongBits.from).
  return { low: Number(BigInt.asIntN(32, value)), high: Number(BigInt.asIntN(32, value >> 32n)), unsigned: false };
}

/** The integer that protobufjs read; `undefined` where it had only a double to put it in and the double is inexact. */
export function fromInt64(value: Int64): bigint | undefined {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}
