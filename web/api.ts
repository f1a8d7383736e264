/**
 * What the worker does: one model, and inputs that go through it. Plain functions over plain data, so that it runs (and
 * is tested) wherever onnxruntime-web does.
 * @module
 */
import type { ExpressionSource } from "../data/source.ts";
import type { ModelParts } from "../infer/model-parts.ts";
import { Predictor } from "../infer/predictor.ts";
import type { PrecisionChoice } from "../infer/variant.ts";
import { serialSession } from "../runtime/serial-session.ts";
import type { ProviderTrial } from "../runtime/session.ts";
import {
  AppError,
  type ExpressionManifest,
  type GeneRecord,
  type OnProgress,
  type Precision,
} from "../schemas/index.ts";
import { type ExampleChoices, exampleProfiles } from "./example-profiles.ts";
import { fetchModel } from "./fetch-model.ts";
import { GeneNames } from "./gene-names.ts";
import { type InferredMatrix, inferInput, type WebChoices } from "./infer-input.ts";
import { type OpenHdf5, openInput, type ProfilesInMemory, type WebInput } from "./input.ts";
import { type InputReport, type InspectChoices, inspectInput } from "./inspect-input.ts";
import { type OrtWeb, openOrtWebEngine, type WebProvider } from "./ort-engine.ts";
import { type BrowserFacts, chooseProvider, type WebDevice, wasmThreads } from "./providers.ts";
import { type TableParts, tsvFile } from "./tsv-file.ts";

/** Where the api runs. */
export interface ApiHost {
  readonly fetch: typeof globalThis.fetch;
  readonly facts: () => Promise<BrowserFacts>;
  /** Loads the library's bundle for a provider, set to this number of threads. */
  readonly loadOrt: (provider: WebProvider, threads: number) => Promise<OrtWeb>;
  readonly openHdf5: OpenHdf5;
}

/** What comes with every call. */
export interface CallContext {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** A loaded model as its user sees it. */
export interface LoadedModel {
  /** With the golden results of the graph that runs. */
  readonly manifest: ExpressionManifest;
  /** Landmarks, then targets. */
  readonly genes: readonly GeneRecord[];
  /** The provider really used. */
  readonly provider: WebProvider;
  /** How the graph that runs stores its weights. */
  readonly precision: Precision;
  readonly tried: readonly ProviderTrial[];
  readonly threads: number;
}

/** Which model, where it runs, and which of its graphs. */
export interface LoadArgument {
  readonly url: string;
  readonly device: WebDevice;
  readonly precision: PrecisionChoice;
  /** Where a table of gene names lies; absent: landmarks are found by the model's own names. */
  readonly genes?: string;
}

/** The model in use. */
interface Loaded {
  readonly predictor: Predictor;
  readonly parts: Omit<ModelParts, "session">;
  readonly names: GeneNames | undefined;
}

/** Opens an input, with the gene names that it needs. */
async function openFor(
  { names, parts }: Loaded,
  input: WebInput,
  { openHdf5, fetch, signal }: ApiHost & CallContext,
): Promise<ExpressionSource> {
  const source = await openInput(input, { openHdf5, signal });
  try {
    await names?.fetchFor(source.genes, parts, { fetch, signal });
    return source;
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** The functions of a worker; their types are the protocol. */
export function createApi(host: ApiHost) {
  let loaded: Loaded | undefined;
  const model = () => {
    if (loaded === undefined) throw new AppError("usage", { what: "no model is loaded", advice: "Load one first" });
    return loaded;
  };
  return {
    /** Loads the model at a URL in place of the one before. */
    async load(
      { url, device, precision: wanted, genes: namesUrl }: LoadArgument,
      { signal, onProgress }: CallContext,
    ): Promise<LoadedModel> {
      await loaded?.predictor[Symbol.asyncDispose]();
      loaded = undefined;
      const facts = await host.facts();
      const { provider, tried } = chooseProvider(device, facts);
      const threads = provider === "wasm" ? wasmThreads(facts) : 1;
      const choice = { precision: wanted, provider };
      const { graph, ...parts } = await fetchModel(url, { ...choice, fetch: host.fetch, signal, onProgress });
      const ort = await host.loadOrt(provider, threads);
      const session = serialSession(await openOrtWebEngine(ort, { graph, provider, tried }));
      try {
        const names = namesUrl === undefined ? undefined : new GeneNames(namesUrl);
        loaded = { predictor: await Predictor.open({ ...parts, session, reference: names?.open }), parts, names };
      } catch (error) {
        await session[Symbol.asyncDispose]();
        throw error;
      }
      const { manifest, genes, precision } = parts;
      return { manifest, genes, provider, precision, tried, threads };
    },

    /** Says what an input is and how it fits the model. */
    async inspect(
      { input, choices = {} }: { readonly input: WebInput; readonly choices?: InspectChoices },
      context: CallContext,
    ): Promise<InputReport> {
      const current = model();
      const { predictor } = current;
      await using source = await openFor(current, input, { ...host, ...context });
      // Awaited here: the source is closed when this function is left.
      return await inspectInput(source, { predictor, isFile: input instanceof Blob, choices, ...context });
    },

    /** Infers an input. */
    async predict(
      { input, choices = {} }: { readonly input: WebInput; readonly choices?: WebChoices },
      context: CallContext,
    ): Promise<InferredMatrix> {
      const current = model();
      const { predictor } = current;
      await using source = await openFor(current, input, { ...host, ...context });
      return await inferInput(source, { predictor, choices, ...context });
    },

    /** Makes up profiles that fit the model. */
    async example(choices: ExampleChoices, _context: CallContext): Promise<ProfilesInMemory> {
      return exampleProfiles(model().parts, choices);
    },

    /** Writes inferred profiles as TSV. */
    async tsv(parts: TableParts, context: CallContext): Promise<Blob> {
      return tsvFile(parts, context);
    },
  };
}

/** The worker's functions. */
export type Api = ReturnType<typeof createApi>;
