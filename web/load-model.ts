import type { PrecisionChoice } from "../infer/variant.ts";
import { AppError, type Harmonise } from "../schemas/index.ts";
import type { LoadedModel } from "./api.ts";
import { type CallOptions, type Client, connect } from "./client.ts";
import type { ExampleChoices } from "./example-profiles.ts";
import type { InferredMatrix, WebChoices } from "./infer-input.ts";
import type { ProfilesInMemory, WebInput } from "./input.ts";
import type { InputReport, InspectChoices } from "./inspect-input.ts";
import { matrixRows } from "./matrix-rows.ts";
import { type ModelAddress, modelUrl, urlOf } from "./model-address.ts";
import type { WebDevice } from "./providers.ts";

/** How a model is loaded. */
export interface LoadModelOptions extends CallOptions {
  /** `auto` by default: the CPU, by WebAssembly. */
  readonly device?: WebDevice;
  /**
   * Which of the model's graphs is fetched and run. `auto`, the default, is the smallest that the host runs well: on the
   * CPU (WebAssembly) the int8 variant, which is a quarter of the download and multiplies integers, on WebGPU the fp16
   * variant, which is half of it and gives float32 results (integer products fall back to the CPU there); where the
   * manifest names no such variant for the host, the float32 graph. int4 is the smallest download, at float32's speed
   * and memory, and is never chosen unasked.
   */
  readonly precision?: PrecisionChoice;
  /**
   * URL of a table of human genes, in the form of the package's `assets/human-genes.tsv`, by which landmarks are found
   * that an input calls by stale symbols, Ensembl ids or probes; `landfall serve` has it at `genes.tsv`. It is fetched
   * for the first input that needs it. Without it landmarks are found by the model's own names.
   */
  readonly genes?: string;
}

/** How an input is inferred. */
export interface PredictOptions extends CallOptions, WebChoices {
  readonly harmonise?: Harmonise;
}

/** Inferred profiles, whole and in parts. */
export interface WebPrediction extends InferredMatrix {
  /** Rows `[start, end)`, `[rows, genes]`; they belong to the caller. */
  rows(start: number, end: number): Promise<Float32Array>;
  /** As a GCTX file, like the batch pipeline's. */
  gctx(): Blob;
  /** As a TSV file, samples in rows. */
  tsv(options?: CallOptions): Promise<Blob>;
}

/** A model in a worker of its own; disposing of it ends the worker. */
export interface WebModel extends LoadedModel, Disposable {
  /**
   * Says what an input is and how it fits the model; nothing is inferred.
   * @throws AppError `bad-data` for what is no expression matrix or a damaged one, `cancelled`
   */
  inspect(input: WebInput, options?: CallOptions & InspectChoices): Promise<InputReport>;
  /**
   * Infers all profiles of an input.
   * @throws AppError `bad-data` and `scale-mismatch` as the batch pipeline does, `cancelled`
   */
  predict(input: WebInput, options?: PredictOptions): Promise<WebPrediction>;
  /** Makes up profiles that fit the model. */
  example(choices?: ExampleChoices): Promise<ProfilesInMemory>;
}

/**
 * Loads a published model into a worker: every file is checked against its sha256, and the model's golden results are
 * computed again on the provider used, with the tolerance of the precision; a model that fails there is an error, no
 * other graph or device is taken in its place. Nothing that is inferred leaves the browser.
 * @throws AppError `unknown-model`, `bad-model`, `usage` (a precision that the model has no variant of), `unavailable`
 *   (server, worker, WebGPU, memory), `cancelled`
 */
export async function loadModel(address: ModelAddress, options: LoadModelOptions = {}): Promise<WebModel> {
  const { device = "auto", precision = "auto", genes, ...callOptions } = options;
  const relativeTo = globalThis.location.href;
  const url = modelUrl(address, relativeTo);
  const names = genes === undefined ? {} : { genes: urlOf(genes, { relativeTo, what: "the address of genes" }).href };
  // Without an extension, so that bundlers find the source here and the script in the package.
  const worker = new Worker(new URL("./worker", import.meta.url), { type: "module" });
  const client = connect(worker);
  worker.addEventListener("error", ({ message }) => client.fail(workerFailure(message)));
  const end = (): void => {
    client.fail(new AppError("usage", { what: "the model was disposed of", advice: "Load it again" }));
    worker.terminate();
  };
  try {
    const loaded = await client.call("load", { url, device, precision, ...names }, callOptions);
    return { ...loaded, ...functions(client), [Symbol.dispose]: end };
  } catch (error) {
    end();
    throw error;
  }
}

function functions(client: Client): Pick<WebModel, "inspect" | "predict" | "example"> {
  return {
    inspect(input, { signal, onProgress, ...choices } = {}) {
      return client.call("inspect", { input, choices }, given({ signal, onProgress }));
    },
    async predict(input, { signal, onProgress, ...choices } = {}) {
      const inferred = await client.call("predict", { input, choices }, given({ signal, onProgress }));
      const { genes, samples, matrix, ood, missing } = inferred;
      return {
        ...inferred,
        rows: (start, end) => matrixRows(inferred, start, end),
        gctx: () => new Blob([inferred.gctxHeader, matrix], { type: "application/x-hdf5" }),
        tsv: (tsvOptions) => client.call("tsv", { genes, samples, matrix, ood, missing }, tsvOptions),
      };
    },
    example: (choices = {}) => client.call("example", choices),
  };
}

/** Only the options that are there. */
function given({
  signal,
  onProgress,
}: { [Option in keyof CallOptions]: CallOptions[Option] | undefined }): CallOptions {
  return { ...(signal && { signal }), ...(onProgress && { onProgress }) };
}

/** A script that cannot be loaded fails with an empty message. */
function workerFailure(message: string | undefined): AppError {
  return new AppError("unavailable", {
    what: "the page's worker has failed",
    ...(message && { got: message }),
    advice: "Load the page again; its scripts may have been replaced by another version's",
  });
}
