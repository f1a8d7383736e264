/** A graph in this thread, on onnxruntime-node. */
import { access } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type InferenceSession, Tensor } from "onnxruntime-node";
import { AppError } from "../../schemas/errors.ts";
import type { TensorSignature } from "../../schemas/index.ts";
import type { EngineRun, SessionEngine } from "../serial-session.ts";
import type { HostTensor, ModelSource, Provider, ProviderTrial, TensorMap } from "../session.ts";
import { giveBack } from "./give-back.ts";
import type { EngineOptions } from "./messages.ts";
import { loadFailure, modelName, ortReason, runFailure } from "./ort-errors.ts";
import { createOrtSession } from "./ort-session.ts";
import { candidates, remedies, whyAbsent } from "./providers.ts";

/**
 * Opens a graph on the first provider of the device that works. A run blocks the thread (the binding is synchronous).
 * The model's bytes are only read while opening.
 * @throws AppError `no-input` for a missing file, `unavailable` when the device cannot start, `bad-model` when the
 * graph cannot be loaded, `usage` for a bad option.
 */
export async function openOrtEngine(model: ModelSource, options: EngineOptions = {}): Promise<SessionEngine> {
  const { device = "auto", threads = availableParallelism() } = options;
  if (!Number.isSafeInteger(threads) || threads < 1)
    throw new AppError("usage", { what: "threads must be a positive integer", got: String(threads) });
  await assertReadable(model);
  const tried: ProviderTrial[] = [];
  let failure: unknown;
  for (const provider of candidates[device]) {
    const absent = whyAbsent(provider);
    if (absent !== undefined) {
      tried.push({ provider, ok: false, reason: absent });
      continue;
    }
    const opened = await createOrtSession(model, { ...options, threads, provider }).catch((error: unknown) => ({
      error,
    }));
    if ("error" in opened) {
      failure = opened.error;
      tried.push({ provider, ok: false, reason: ortReason(failure) });
      continue;
    }
    tried.push({ provider, ok: true });
    return engineOf(opened, { model, provider, tried });
  }
  throw await openFailure(model, tried, failure);
}

async function assertReadable(model: ModelSource): Promise<void> {
  if (!("path" in model)) return;
  await access(model.path).catch((cause: unknown) => {
    throw new AppError("no-input", { what: "the model file cannot be read", where: model.path }, { cause });
  });
}

/** Tells a bad model from a device that does not work: the device is tried alone, on a graph known to be good. */
async function openFailure(model: ModelSource, tried: readonly ProviderTrial[], failure: unknown): Promise<AppError> {
  const last = tried.at(-1);
  if (last === undefined) throw new Error("a device without candidate providers");
  if (failure !== undefined && (last.provider === "cpu" || (await providerWorks(last.provider))))
    return loadFailure(model, failure);
  return new AppError(
    "unavailable",
    {
      what: `the device ${last.provider} is not available`,
      where: modelName(model),
      ...(last.reason !== undefined && { got: last.reason }),
      advice: `${remedies[last.provider]}; \`landfall doctor\` shows what works here, the device cpu always does`,
    },
    { cause: failure },
  );
}

async function providerWorks(provider: Provider): Promise<boolean> {
  const { probeProvider } = await import("./probe.ts");
  return (await probeProvider(provider)).ok;
}

/** The engine owns the session from here on, also when its graph turns out to be one that sessions do not carry. */
async function engineOf(
  session: InferenceSession,
  { model, provider, tried }: Pick<SessionEngine, "provider" | "tried"> & { readonly model: ModelSource },
): Promise<SessionEngine> {
  let carried: ReturnType<typeof signatures>;
  try {
    carried = signatures(model, session);
  } catch (error) {
    await session.release();
    throw error;
  }
  const run = async ({ feeds, wanted, into }: EngineRun): Promise<TensorMap> => {
    const given = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(name, tensor)]));
    const fetches = Object.fromEntries(
      wanted.map((name) => [name, into[name] === undefined ? null : toOrt(name, into[name])]),
    );
    const computed = await session.run(given, fetches).catch((error: unknown) => {
      throw runFailure(model, error);
    });
    // A tensor of `into` has been filled; what the binding returns for it is one more copy.
    for (const name of wanted) if (into[name] !== undefined) dropCopy(computed[name], into[name]);
    const fresh = wanted.filter((name) => into[name] === undefined);
    return Object.fromEntries(fresh.map((name) => [name, fromOrt(computed[name])]));
  };
  return { provider, tried, ...carried, run, close: () => session.release() };
}

/** The types that sessions carry. */
const carriedTypes = {
  float32: true,
  float64: true,
  int32: true,
  int64: true,
  uint8: true,
  uint32: true,
  bool: true,
} satisfies Record<TensorSignature["type"], true>;

const isCarried = (type: string): type is TensorSignature["type"] => Object.hasOwn(carriedTypes, type);

/** @throws AppError `bad-model` naming every input and output whose type is none of {@link carriedTypes} */
function signatures(model: ModelSource, session: InferenceSession): Pick<SessionEngine, "inputs" | "outputs"> {
  const unknown: string[] = [];
  const known = (values: readonly InferenceSession.ValueMetadata[]): readonly TensorSignature[] =>
    values.flatMap((value) => {
      const { name, isTensor } = value;
      if (isTensor && isCarried(value.type)) return [{ name, type: value.type, dims: [...value.shape] }];
      unknown.push(`${name} is ${isTensor ? value.type : "not a tensor"}`);
      return [];
    });
  const found = { inputs: known(session.inputMetadata), outputs: known(session.outputMetadata) };
  if (unknown.length === 0) return found;
  throw new AppError("bad-model", {
    what: "the graph has inputs or outputs of types that sessions do not carry",
    where: modelName(model),
    expected: Object.keys(carriedTypes).join(", "),
    examples: unknown,
  });
}

function toOrt(name: string, { type, data, dims }: HostTensor): Tensor {
  if (data.buffer instanceof SharedArrayBuffer)
    throw new AppError("usage", {
      what: "ONNX Runtime does not take shared memory",
      where: name,
      expected: "a tensor over an ArrayBuffer",
      got: "a tensor over a SharedArrayBuffer",
    });
  return new Tensor(type, data, dims);
}

function dropCopy(copy: Tensor | undefined, { data }: HostTensor): void {
  const buffer = ArrayBuffer.isView(copy?.data) ? copy.data.buffer : undefined;
  if (buffer instanceof ArrayBuffer && buffer !== data.buffer) giveBack(buffer);
}

/** The runtime's tensor as ours; its type is one of ours because the output's signature was checked at opening. */
function fromOrt(tensor: Tensor | undefined): HostTensor {
  if (tensor === undefined) throw new Error("ONNX Runtime left out an output it was asked for");
  return { type: tensor.type, dims: tensor.dims, data: tensor.data } as HostTensor;
}
