/**
 * Compares the tensors of a run with a graph's signature before the runtime sees them, so that every host gives the
 * same error, with all problems at once.
 * @module
 */
import { elementCount } from "../onnx/element.ts";
import { AppError, type TensorSignature } from "../schemas/index.ts";
import type { HostTensor, RunOptions, TensorMap } from "./session.ts";

/** Inputs and outputs of a loaded graph. */
export interface GraphSignature {
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
}

/** A tensor that does not fit: what is wrong, and the two sides as `x float32[N, 978]`. */
interface Misfit {
  readonly problem: string;
  readonly expected?: string;
  readonly got?: string;
}

/** What a message shows of a tensor or of a signature. */
interface Shown {
  readonly name: string;
  readonly type: string;
  readonly dims: readonly (number | string)[];
}

/** Symbolic dimension → its length in this run, and the tensor that set it. */
type Lengths = Map<string, { readonly length: number; readonly setBy: string }>;

/** `Symbol.toStringTag` of each type's array: holds across realms, where `instanceof` does not. */
const arrayNames: Readonly<Record<HostTensor["type"], string>> = {
  float32: "Float32Array",
  float64: "Float64Array",
  int32: "Int32Array",
  int64: "BigInt64Array",
  uint8: "Uint8Array",
  uint32: "Uint32Array",
  bool: "Uint8Array",
};

/**
 * Checks a run's feeds, its `into` tensors and its `fetch` names against the graph.
 * @returns names of the outputs wanted: `fetch` and the names of `into`, or all when neither is given.
 * @throws AppError `usage` listing every missing, unknown or unfitting tensor.
 */
export function checkRun(
  graph: GraphSignature,
  feeds: TensorMap,
  { into = {}, fetch = [] }: RunOptions = {},
): readonly string[] {
  const lengths: Lengths = new Map();
  const misfits: Misfit[] = [];
  for (const signature of graph.inputs) {
    const tensor = Object.hasOwn(feeds, signature.name) ? feeds[signature.name] : undefined;
    if (tensor === undefined)
      misfits.push({ problem: `input ${signature.name} is missing`, expected: show(signature) });
    else misfits.push(...compare(signature, tensor, { role: "input", lengths }));
  }
  misfits.push(...unknownNames("input", Object.keys(feeds), graph.inputs));
  for (const signature of graph.outputs) {
    const tensor = Object.hasOwn(into, signature.name) ? into[signature.name] : undefined;
    if (tensor !== undefined) misfits.push(...compare(signature, tensor, { role: "output", lengths }));
  }
  const asked = new Set([...fetch, ...Object.keys(into)]);
  misfits.push(...unknownNames("output", [...asked], graph.outputs));
  if (misfits.length > 0) throw misfitError(misfits);
  return graph.outputs.map(({ name }) => name).filter((name) => asked.size === 0 || asked.has(name));
}

function misfitError(misfits: readonly Misfit[]): AppError {
  const side = (texts: readonly (string | undefined)[]): string => {
    const known = [...new Set(texts.filter((text) => text !== undefined))];
    return known.slice(0, 5).join(", ") + (known.length > 5 ? " …" : "");
  };
  const expected = side(misfits.map((misfit) => misfit.expected));
  const got = side(misfits.map((misfit) => misfit.got));
  return new AppError("usage", {
    what: "the tensors do not fit the graph",
    ...(expected && { expected }),
    ...(got && { got }),
    examples: misfits.map((misfit) => misfit.problem),
  });
}

function unknownNames(role: string, names: readonly string[], known: readonly TensorSignature[]): Misfit[] {
  const list = known.map(({ name }) => name);
  return names
    .filter((name) => !list.includes(name))
    .map((name) => ({ problem: `${name} is not an ${role} of the graph`, expected: list.join(", "), got: name }));
}

function compare(
  signature: TensorSignature,
  tensor: HostTensor,
  { role, lengths }: { readonly role: string; readonly lengths: Lengths },
): Misfit[] {
  const problem = misfitOf(signature, tensor, lengths);
  if (problem === undefined) return [];
  return [
    {
      problem: `${role} ${signature.name}: ${problem}`,
      expected: show(signature),
      got: show({ ...tensor, name: signature.name }),
    },
  ];
}

function misfitOf(signature: TensorSignature, tensor: HostTensor, lengths: Lengths): string | undefined {
  const { type, dims, data } = tensor;
  if (type !== signature.type) return `its type is ${type}, not ${signature.type}`;
  if (data[Symbol.toStringTag] !== arrayNames[type])
    return `its data is a ${data[Symbol.toStringTag]}, not a ${arrayNames[type]}`;
  if (dims.length !== signature.dims.length) return `it has ${dims.length} dimensions, not ${signature.dims.length}`;
  for (const [axis, wanted] of signature.dims.entries()) {
    const length = dims[axis] ?? Number.NaN;
    if (!Number.isSafeInteger(length) || length < 0) return `dimension ${axis} is ${length}, not a length`;
    if (typeof wanted === "number") {
      if (length !== wanted) return `dimension ${axis} is ${length}, not ${wanted}`;
      continue;
    }
    // ONNX writes a dimension about which nothing is known as an empty name: it binds nothing.
    if (wanted === "") continue;
    const bound = lengths.get(wanted);
    if (bound === undefined) lengths.set(wanted, { length, setBy: signature.name });
    else if (bound.length !== length)
      return `dimension ${axis} is ${length}, but ${bound.setBy} sets ${wanted} to ${bound.length}`;
  }
  const elements = elementCount(dims);
  return data.length === elements ? undefined : `it holds ${data.length} elements, its shape ${elements}`;
}

function show({ name, type, dims }: Shown): string {
  return `${name} ${type}[${dims.map((dim) => (dim === "" ? "?" : dim)).join(", ")}]`;
}
