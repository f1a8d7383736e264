/**
 * A graph on onnxruntime-web.
 * @module
 */
import type * as Ort from "onnxruntime-web";
import { hostTensor } from "../runtime/host-tensor.ts";
import type { EngineRun, SessionEngine } from "../runtime/serial-session.ts";
import type { HostArray, HostTensor, ProviderTrial, TensorMap } from "../runtime/session.ts";
import { Turns } from "../runtime/turns.ts";
import { AppError, TensorSignature } from "../schemas/index.ts";
import type { GraphBytes } from "./fetch-model.ts";

/** What we use of the library: its bundles (`/wasm`, `/webgpu`, Node's) differ in size and providers alone. */
export type OrtWeb = Pick<typeof Ort, "InferenceSession" | "Tensor">;

/** Providers of a browser. */
export type WebProvider = "wasm" | "webgpu";

/** Which graph to open, and where. */
export interface EngineOptions {
  readonly graph: GraphBytes;
  readonly provider: WebProvider;
  /** What was tried before, and `provider` itself. */
  readonly tried: readonly ProviderTrial[];
}

/** Overlapping calls on WebGPU never return (onnxruntime-web 1.30), those of two sessions neither: one queue a thread. */
const webgpuTurns = new Turns();

/**
 * Opens a graph on exactly this provider. A run blocks the thread it is on.
 * @throws AppError `bad-model` when the graph cannot be loaded, `unavailable` when memory does not suffice
 */
export async function openOrtWebEngine(ort: OrtWeb, options: EngineOptions): Promise<SessionEngine> {
  const { graph, provider, tried } = options;
  const inTurn = <T>(job: () => Promise<T>): Promise<T> => (provider === "webgpu" ? webgpuTurns.take(job) : job());
  const open = (): Promise<Ort.InferenceSession> =>
    ort.InferenceSession.create(graph.bytes, {
      executionProviders: [provider],
      logSeverityLevel: 3,
      externalData: graph.externalData,
    });
  const session = await inTurn(open).catch((error: unknown) => {
    throw failure("ONNX Runtime cannot load the model", { tag: "bad-model", provider, error });
  });
  const run = async ({ feeds, wanted, into }: EngineRun): Promise<TensorMap> => {
    const given = Object.fromEntries(
      Object.entries(feeds).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]),
    );
    const computed = await inTurn(() => session.run(given, [...wanted])).catch((error: unknown) => {
      throw failure("ONNX Runtime failed during a run", { tag: "internal", provider, error });
    });
    const outputs = wanted.map((name) => [name, fromOrt(computed[name])] as const);
    for (const [name, output] of outputs) copyInto(into[name], output);
    return Object.fromEntries(outputs.filter(([name]) => into[name] === undefined));
  };
  const inputs = session.inputMetadata.map(signatureOf);
  const outputs = session.outputMetadata.map(signatureOf);
  return { provider, tried, inputs, outputs, run, close: () => inTurn(() => session.release()) };
}

/** @throws AppError `bad-model` for a type that sessions do not carry */
function signatureOf(value: Ort.InferenceSession.ValueMetadata): TensorSignature {
  const type = value.isTensor ? value.type : "not a tensor";
  const parsed = TensorSignature.safeParse({ name: value.name, type, dims: value.isTensor ? value.shape : [] });
  if (parsed.success) return parsed.data;
  throw new AppError("bad-model", {
    what: `the graph's tensor ${value.name} is of a type that sessions do not carry`,
    expected: TensorSignature.shape.type.options.join(", "),
    got: type,
  });
}

/** The runtime's tensor as ours; its type is one of ours because its signature was checked at opening. */
function fromOrt(tensor: Ort.Tensor | undefined): HostTensor {
  if (tensor === undefined) throw new Error("ONNX Runtime left out an output it was asked for");
  const type = tensor.type as keyof HostArray;
  return hostTensor(type, tensor.dims, tensor.data as HostArray[typeof type]);
}

function copyInto(target: HostTensor | undefined, { data }: HostTensor): void {
  if (target === undefined) return;
  // Both are of the type and shape that the run was checked for.
  (target.data as Float32Array).set(data as Float32Array);
}

/** The one place where errors of onnxruntime-web become ours. */
function failure(
  what: string,
  {
    tag,
    provider,
    error,
  }: { readonly tag: "bad-model" | "internal"; readonly provider: string; readonly error: unknown },
): AppError {
  const got = (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, " ").trim();
  const isMemory = /out of memory|bad.?alloc|failed to allocate|allocation failed/i.test(got);
  if (provider === "webgpu" && !isMemory) {
    const refusal = operatorRefusal(got, error);
    if (refusal !== undefined) return refusal;
  }
  return new AppError(
    isMemory ? "unavailable" : tag,
    {
      what: isMemory ? "the browser has not enough memory for the model" : what,
      where: provider,
      got,
      ...(isMemory && { advice: "Close other tabs, or infer with `landfall infer`" }),
    },
    { cause: error },
  );
}

/** An operator that the WebGPU provider does not compute in this form, such as ConvTranspose over three axes. */
function operatorRefusal(got: string, cause: unknown): AppError | undefined {
  const [, op, name, reason] = /while running (\w+) node\. Name:'([^']*)' Status Message: (.*)$/.exec(got) ?? [];
  if (op === undefined) return undefined;
  return new AppError(
    "unavailable",
    {
      what: `WebGPU cannot compute an operator of the model, ${op}`,
      ...(name !== undefined && { where: name }),
      ...(reason !== undefined && { got: reason }),
      advice: "Choose the CPU (WebAssembly)",
    },
    { cause },
  );
}
