/**
 * A model's version folder over HTTP: manifest, gene table, landmark moments and graph, every byte checked.
 * @module
 */
import { z } from "zod";
import { parseGenesTable } from "../data/genes-table.ts";
import type { ModelParts } from "../infer/model-parts.ts";
import {
  AppError,
  type ExpressionManifest,
  type GeneRecord,
  isAppError,
  type ModelFile,
  ModelManifest,
  type OnProgress,
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
}

const graphFile = "model.onnx";
const graphData = `${graphFile}.data`;
const required = [graphFile, "genes.tsv", "landmarks.stats.f32"] as const;

/**
 * Fetches a model, one file after another, and checks sizes and hashes against the manifest.
 * @param url of the version folder, ending in `/`
 * @throws AppError `unknown-model` where there is no manifest, `bad-model` for a damaged model or one that is not for
 *   expression, `unavailable`, `cancelled`
 */
export async function fetchModel(
  url: string,
  { onProgress, ...options }: FetchOptions & { readonly onProgress?: OnProgress | undefined },
): Promise<FetchedModel> {
  const manifest = await fetchManifest(url, options);
  const files = neededFiles(url, manifest);
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
  const content = (path: string): Uint8Array<ArrayBuffer> => contents.get(path) ?? new Uint8Array();
  const externalData = contents.has(graphData) ? [{ path: graphData, data: content(graphData) }] : [];
  const stats = content("landmarks.stats.f32");
  return {
    manifest,
    genes: readGenes(content("genes.tsv"), url),
    landmarkStats: new Float32Array(stats.buffer, 0, Math.floor(stats.length / 4)),
    graph: { bytes: content(graphFile), externalData },
  };
}

async function fetchManifest(url: string, options: FetchOptions): Promise<ExpressionManifest> {
  const where = new URL("manifest.json", url).href;
  const json = await fetchJson(where, options).catch((error: unknown) => {
    if (!isAppError(error, "no-input")) throw error;
    throw new AppError("unknown-model", { ...error.fault, what: "there is no model here" }, { cause: error });
  });
  const parsed = ModelManifest.safeParse(json);
  if (!parsed.success)
    throw new AppError("bad-model", {
      what: "the manifest is not one that this version reads",
      where,
      got: z.prettifyError(parsed.error),
      advice: "Export the model again",
    });
  if (parsed.data.task === "expression") return parsed.data;
  throw new AppError("bad-model", {
    what: "this model is not one from landmarks to targets",
    where,
    expected: "task expression",
    got: `task ${parsed.data.task}`,
    advice: "Choose a model that was exported from a training run",
  });
}

function neededFiles(url: string, { files }: ExpressionManifest): readonly ModelFile[] {
  const needed = files.filter(({ path }) => path === graphData || required.some((name) => name === path));
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
