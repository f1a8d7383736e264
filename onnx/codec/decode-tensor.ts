/**
 * `TensorProto` to tensor: raw bytes, typed lists, or a reference to another file.
 * @module
 */
import { AppError } from "../../schemas/errors.ts";
import { elementArrays, elementCount, elementTypeOf, elementTypes, storedBytes } from "../element.ts";
import type { ElementType, Tensor } from "../graph.ts";
import { fromInt64, type Int64, onnx, type TensorProto } from "./proto.ts";
import { arrayOver } from "./tensor-bytes.ts";

/** Data of a tensor in another file; `length` is absent where the file says none: then the tensor's own size. */
export interface ExternalReference {
  readonly tensor: string;
  /** Relative to the model's file, without `..`. */
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** Gives exactly `length` bytes; the tensor becomes a view of them. */
export type ReadExternal = (reference: ExternalReference) => Uint8Array;

function broken(name: string, what: string, compared: { readonly expected?: string; readonly got?: string }): AppError {
  return new AppError("bad-model", { where: `tensor ${name || "without a name"}`, what, ...compared });
}

/** @throws AppError `bad-model` for a type not in use, or data that is not as long as the dims say. */
export function decodeTensor(proto: TensorProto, readExternal?: ReadExternal): Tensor {
  const name = proto.name ?? "";
  const type = elementTypeOf(proto.dataType ?? 0);
  if (type === undefined) {
    throw broken(name, "element type is not in use", { expected: elementTypes.join(" | "), got: `${proto.dataType}` });
  }
  const dims = (proto.dims ?? []).map((length) => Number(fromInt64(length) ?? Number.NaN));
  if (!dims.every((length) => length >= 0) || !Number.isSafeInteger(elementCount(dims))) {
    throw broken(name, "not dimensions", { got: `[${dims.join(", ")}]` });
  }
  const count = elementCount(dims);
  const data = dataOf(proto, { name, type, count, bytes: storedBytes(type, count), readExternal });
  if (data.length !== count) {
    throw broken(name, "number of elements", { expected: `${count}`, got: `${data.length}` });
  }
  return { type, dims, data } as Tensor;
}

interface Expectation {
  readonly name: string;
  readonly type: ElementType;
  readonly count: number;
  readonly bytes: number;
  readonly readExternal: ReadExternal | undefined;
}

function dataOf(proto: TensorProto, expectation: Expectation): Tensor["data"] {
  const { name, type, count, bytes } = expectation;
  const isExternal = proto.dataLocation === onnx.TensorProto.DataLocation.EXTERNAL;
  const raw = isExternal ? externalBytes(proto, expectation) : proto.rawData;
  if (raw === undefined || raw === null || raw.length === 0) return listed(proto, { name, type, count });
  if (raw.length !== bytes) throw broken(name, "number of bytes", { expected: `${bytes}`, got: `${raw.length}` });
  return arrayOver(type, raw, count);
}

function externalBytes(proto: TensorProto, { name, bytes, readExternal }: Expectation): Uint8Array {
  const entries = new Map((proto.externalData ?? []).map(({ key, value }) => [key ?? "", value ?? ""]));
  const location = entries.get("location") ?? "";
  const offset = Number(entries.get("offset") ?? 0);
  const length = Number(entries.get("length") ?? bytes);
  const isInside = location !== "" && !/^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(location);
  if (!isInside || !Number.isSafeInteger(offset) || offset < 0 || length !== bytes) {
    const expected = `a file beside the model, ${bytes} bytes`;
    throw broken(name, "bad reference to external data", {
      expected,
      got: `${location || "no location"} ${offset}+${length}`,
    });
  }
  if (readExternal === undefined) {
    throw broken(name, "its data lies in another file, which was not given", { got: location });
  }
  return readExternal({ tensor: name, location, offset, length });
}

/** The typed lists of onnx.proto: which types share which list, and float16 as bits. */
function listed(
  proto: TensorProto,
  { name, type, count }: Pick<Expectation, "name" | "type" | "count">,
): Tensor["data"] {
  if (type === "float32") return Float32Array.from(proto.floatData ?? []);
  if (type === "float64") return Float64Array.from(proto.doubleData ?? []);
  if (type === "int64") return BigInt64Array.from(proto.int64Data ?? [], (value) => exactInt(value, name));
  if (type === "uint32") return Uint32Array.from(proto.uint64Data ?? [], (value) => Number(exactInt(value, name)));
  const values = proto.int32Data ?? [];
  // Packed pairs, one byte an entry.
  if (type === "int4") return arrayOver(type, Uint8Array.from(values), Math.min(count, 2 * values.length));
  const data = new elementArrays[type](values.length);
  data.set(values);
  return data;
}

/** @throws AppError `bad-model` where the protobuf library had no exact number for it. */
function exactInt(value: Int64, name: string): bigint {
  const exact = fromInt64(value);
  if (exact === undefined) throw broken(name, "an integer is too large to be read exactly", {});
  return exact;
}
