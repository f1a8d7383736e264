/**
 * A model's version folder over HTTP: manifest, gene table, landmark moments and one of its graphs, every byte checked.
 * @module
 */
import { parseGenesTable } from "../data/genes-table.ts";
import { parseExpressionManifest } from "../infer/expression-manifest.ts";
import type { ModelParts } from "../infer/model-parts.ts";
import { type ChosenGraph, chooseGraph, type PrecisionChoice } from "../infer/variant.ts";
import type { Provider } from "../runtime/session.ts";
import {
  AppError,
  type ExpressionManifest,
  type GeneRecord,
  isAppError,
  type ModelFile,
  type OnProgress,
  type Precision,
} from "../schemas/index.ts";
import { type FetchOptions, fetchBytes, fetchJson } from "./fetch-bytes.ts";
import { sha256Hex } from "./sha256.ts";

/** A graph's bytes, and the files with weights that lie outside it. */
export interface GraphBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array<ArrayBuffer> }[];
}

/** What was fetched; everything belongs to the receiver. */
export interface FetchedModel extends Omit<ModelParts, "session"> {
  readonly graph: GraphBytes;
  readonly precision: Precision;
}

/** How to fetch a model, and which of its graphs. */
export interface FetchModelOptions extends FetchOptions {
  readonly precision: PrecisionChoice;
  /** Where the graph will run: it decides what `auto` is, and which file of a precision. */
  readonly provider: Provider;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Fetches a model, one file after another, and checks sizes and hashes against the manifest. Of its graphs only the one
 * that will run is fetched, in pieces into one buffer; its golden results stand in the manifest that is returned.
 * @param url of the version folder, ending in `/`
 * @throws AppError `unknown-model` where there is no manifest, `bad-model` for a damaged model or one that is not for
 *   expression, `usage` for a precision that it has no variant of, `unavailable`, `cancelled`
 */
export async function fetchModel(
  url: string,
  { onProgress, precision: wanted, provider, ...options }: FetchModelOptions,
): Promise<FetchedModel> {
  const chosen = chooseGraph(await fetchManifest(url, options), { precision: wanted, provider });
  const { manifest, precision, path } = chosen;
  const files = neededFiles(url, chosen);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  const contents = new Map<string, Uint8Array<ArrayBuffer>>();
  for (const file of files) {
    const where = new URL(file.path, url).href;
    const onBytes = (bytes: number): void => {
      done += bytes;
      onProgress?.({ phase: "load", done, total, unit: "bytes", note: file.path });
    };
    const bytes = await fetchBytes(where, file.bytes, { ...options, onBytes });
    await checkHash(where, file, bytes);
    contents.set(file.path, bytes);
  }
  const content = (file: string): Uint8Array<ArrayBuffer> => contents.get(file) ?? new Uint8Array();
  // A graph names the file beside it without its folder.
  const externalData = contents.has(dataOf(path))
    ? [{ path: dataOf(path).replace(/^.*\//, ""), data: content(dataOf(path)) }]
    : [];
  const stats = content("landmarks.stats.f32");
  return {
    manifest,
    precision,
    genes: readGenes(content("genes.tsv"), url),
    landmarkStats: new Float32Array(stats.buffer, 0, Math.floor(stats.length / 4)),
    graph: { bytes: content(path), externalData },
  };
}

async function fetchManifest(url: string, options: FetchOptions): Promise<ExpressionManifest> {
  const where = new URL("manifest.json", url).href;
  const json = await fetchJson(where, options).catch((error: unknown) => {
    if (!isAppError(error, "no-input")) throw error;
    throw new AppError("unknown-model", { ...error.fault, what: "there is no model here" }, { cause: error });
  });
  const advice = "Choose a model that was exported from a training run";
  return parseExpressionManifest(json, { where, advice });
}

/** Where weights lie that are not in a graph's own file. */
const dataOf = (path: string): string => `${path}.data`;

function neededFiles(url: string, { path: graph, manifest: { files } }: ChosenGraph): readonly ModelFile[] {
  const required = [graph, "genes.tsv", "landmarks.stats.f32"];
  const needed = files.filter(({ path }) => path === dataOf(graph) || required.includes(path));
  const missing = required.filter((name) => !needed.some(({ path }) => path === name));
  if (missing.length === 0) return needed;
  throw new AppError("bad-model", {
    what: "the manifest does not list all files that inference needs",
    where: url,
    examples: missing,
    advice: "Export the model again",
  });
}

async function checkHash(where: string, { sha256 }: ModelFile, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const got = await sha256Hex(bytes);
  if (got === sha256) return;
  throw new AppError("bad-model", {
    what: "the file's bytes are not those that were published",
    where,
    expected: `sha256 ${sha256}`,
    got,
    advice: "Load the page again; `landfall models verify` checks the repository",
  });
}

/** A gene table that does not read is the model's fault here, not the data's. */
function readGenes(bytes: Uint8Array, url: string): readonly GeneRecord[] {
  try {
    return parseGenesTable(new TextDecoder().decode(bytes), new URL("genes.tsv", url).href);
  } catch (error) {
    if (!isAppError(error, "bad-data")) throw error;
    throw new AppError("bad-model", error.fault, { cause: error });
  }
}
