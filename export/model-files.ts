import { copyFile, mkdir, open, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { sha256File } from "../data/node/hash.ts";
import type { ExternalPlace } from "../onnx/codec/encode.ts";
import { encodeModelStreamed, type StreamedModel } from "../onnx/codec/stream.ts";
import { type Graph, servedIrVersion, servedOpset } from "../onnx/graph.ts";
import { AppError, codeVersion, ModelFile } from "../schemas/index.ts";
import { readModelJson } from "./read/model-json.ts";

/** Name of the graph's file in a version folder; its weights lie beside it when they exceed 1 GiB. */
export const modelFileName = "model.onnx";

/** The newest IR version that every runtime of an opset reads: 4-bit tensors came with 10. */
const irVersionOf = (opset: number): number => (opset > servedOpset ? 10 : servedIrVersion);

async function writePieces(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  const file = await open(path, "wx");
  try {
    for (const piece of pieces)
      for (let done = 0; done < piece.length; ) {
        // One write takes less than 2 GiB.
        const { bytesWritten } = await file.write(piece, done, Math.min(piece.length - done, 2 ** 30));
        done += bytesWritten;
      }
  } finally {
    await file.close();
  }
}

type Metadata = Readonly<Record<string, string>>;

/** What a graph's file says beside the graph, and where it lies. */
export interface ModelFileOptions {
  /** Path inside the folder, with `/`; its parent exists. `model.onnx` by default; data go to `<path>.data`. */
  readonly path?: string;
  readonly metadata?: Metadata;
  /** The served one by default. */
  readonly opset?: number;
}

function encoded(
  graph: Graph,
  { path = modelFileName, metadata = {}, opset = servedOpset }: ModelFileOptions,
): StreamedModel {
  const producer = { name: "landfall", version: codeVersion };
  const model = { graph, opset, irVersion: irVersionOf(opset), producer, metadata };
  return encodeModelStreamed(model, { externalName: `${basename(path)}.data` });
}

/**
 * Writes a graph into `dir`, a part at a time, its weights beside it when they exceed 1 GiB; equal graphs and options
 * give equal bytes.
 * @returns the paths of the files written, relative to `dir`.
 */
export async function writeGraphFiles(
  dir: string,
  graph: Graph,
  options: ModelFileOptions = {},
): Promise<readonly string[]> {
  const { path = modelFileName } = options;
  const { graph: pieces, dataBytes, data } = encoded(graph, options);
  await writePieces(join(dir, path), pieces);
  if (dataBytes === 0) return [path];
  await writePieces(join(dir, `${path}.data`), data);
  return [path, `${path}.data`];
}

/**
 * Writes `model.onnx` (and `model.onnx.data`) into `dir`, a part at a time; equal graphs and metadata give equal bytes.
 * @returns the names of the files written.
 */
export async function writeModelFiles(dir: string, graph: Graph, metadata: Metadata = {}): Promise<readonly string[]> {
  return writeGraphFiles(dir, graph, { metadata });
}

/** Where {@link writeModelFiles} puts the values of every initializer of this graph with these metadata. */
export function initializerPlaces(graph: Graph, metadata: Metadata = {}): ReadonlyMap<string, ExternalPlace> {
  const { places } = encoded(graph, { metadata });
  return new Map([...places].map(([name, place]) => [name, { location: modelFileName, ...place }]));
}

/**
 * Copies the tfjs model of `from` (its `model.json` and the shards that it names, nothing else) into `dir/tfjs`.
 * @returns the paths of the copies, relative to `dir`.
 * @throws AppError `bad-model` for shard names that no version folder can hold.
 */
export async function copyTfjs(from: string, dir: string): Promise<readonly string[]> {
  const { weightsManifest } = await readModelJson(from);
  const names = ["model.json", ...weightsManifest.flatMap(({ paths }) => paths)];
  const odd = names.filter((name) => !ModelFile.shape.path.safeParse(name).success);
  if (odd.length > 0)
    throw new AppError("bad-model", {
      what: "weight files have names that a version folder cannot hold",
      where: join(from, "model.json"),
      expected: "letters, digits, '.', '_', '-' and '/'",
      examples: odd,
    });
  for (const name of names) {
    const target = join(dir, "tfjs", name);
    await mkdir(dirname(target), { recursive: true });
    await copyFile(join(from, name), target);
  }
  return names.map((name) => `tfjs/${name}`);
}

/** Size and sha256 of files of `dir`, sorted by path. */
export async function describeFiles(
  dir: string,
  paths: readonly string[],
  { identity, signal }: { readonly identity: boolean; readonly signal?: AbortSignal | undefined },
): Promise<ModelFile[]> {
  const files: ModelFile[] = [];
  for (const path of paths.toSorted()) {
    const { size: bytes } = await stat(join(dir, path));
    files.push({ path, bytes, sha256: await sha256File(join(dir, path), { signal }), identity });
  }
  return files;
}
