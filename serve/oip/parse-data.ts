/**
 * Tensors that arrive as JSON: flat or nested arrays, row-major.
 * @module
 */
import type { HostTensor } from "../../runtime/session.ts";
import { AppError, type TensorSignature } from "../../schemas/index.ts";
import { datatypes, shapeText } from "./datatypes.ts";

type ElementType = TensorSignature["type"];

/** Whole numbers that a type holds, `[least, most]`; of int64 those that JSON numbers hold exactly. */
const integerRange: {
  readonly [T in Exclude<ElementType, "float32" | "float64" | "bool">]: readonly [number, number];
} = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint32: [0, 2 ** 32 - 1],
};

/** The element that a JSON value means, or undefined where the type has no such element. */
function element(type: ElementType, value: unknown): number | bigint | undefined {
  if (type === "bool") return typeof value === "boolean" ? Number(value) : undefined;
  if (typeof value !== "number") return undefined;
  if (type === "float32") return Number.isFinite(Math.fround(value)) ? value : undefined;
  if (type === "float64") return Number.isFinite(value) ? value : undefined;
  const [least, most] = integerRange[type];
  if (!Number.isInteger(value) || value < least || value > most) return undefined;
  return type === "int64" ? BigInt(value) : value;
}

/** Where a tensor is being filled. */
interface Filling {
  readonly tensor: HostTensor;
  readonly name: string;
  /** Elements written. */
  at: number;
}

function put(filling: Filling, value: unknown): void {
  const { tensor, name } = filling;
  const read = element(tensor.type, value);
  if (read === undefined)
    throw new AppError("bad-data", {
      what: `element ${filling.at} of input '${name}' is not a value of ${datatypes[tensor.type].name}`,
      got: (JSON.stringify(value) ?? "nothing").slice(0, 40),
      ...(value === null && { advice: "Missing landmarks are imputed by /v1/infer, not by tensors" }),
    });
  tensor.data[filling.at++] = read;
}

/** Walks arrays nested as deep as the shape is long. */
function fillNested(filling: Filling, value: unknown, axis: number): void {
  const { tensor, name } = filling;
  const length = tensor.dims[axis];
  if (length === undefined) {
    put(filling, value);
    return;
  }
  if (!Array.isArray(value) || value.length !== length)
    throw new AppError("bad-data", {
      what: `the nested data of input '${name}' does not have the shape ${shapeText(tensor.dims)}`,
      where: `axis ${axis}`,
      expected: `${length} entries`,
      got: Array.isArray(value) ? `${value.length}` : typeof value,
    });
  for (const entry of value) fillNested(filling, entry, axis + 1);
}

/**
 * The tensor that JSON data means.
 * @throws AppError `bad-data` for another number of elements, another nesting, or a value that the type does not hold
 */
export function tensorOfJson(
  { name, type, dims }: { readonly name: string; readonly type: ElementType; readonly dims: readonly number[] },
  json: unknown,
): HostTensor {
  const count = dims.reduce((product, length) => product * length, 1);
  const isNested = Array.isArray(json) && Array.isArray(json[0]);
  if (!isNested && !(Array.isArray(json) && json.length === count))
    throw new AppError("bad-data", {
      what: `the data of input '${name}' does not have the shape ${shapeText(dims)}`,
      expected: `${count} elements`,
      got: Array.isArray(json) ? `${json.length}` : typeof json,
    });
  // The table pairs each type with its array.
  const tensor = { type, dims, data: new datatypes[type].array(count) } as HostTensor;
  const filling = { tensor, name, at: 0 };
  if (isNested) fillNested(filling, json, 0);
  else for (const value of json as readonly unknown[]) put(filling, value);
  return tensor;
}
