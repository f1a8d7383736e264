import { copyFile, mkdir, open, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sha256File } from "../data/node/hash.ts";
import { encodeModelStreamed } from "../onnx/codec/stream.ts";
import { type Graph, servedIrVersion, servedOpset } from "../onnx/graph.ts";
import { AppError, codeVersion, ModelFile } from "../schemas/index.ts";
import { readModelJson } from "./read/model-json.ts";

/** Name of the graph's file in a version folder; its weights lie beside it when they exceed 1 GiB. */
export const modelFileName = "model.onnx";
const dataFileName = "model.onnx.data";

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

/**
 * Writes `model.onnx` (and `model.onnx.data`) into `dir`; equal graphs and metadata give equal bytes.
 * @returns the names of the files written.
 */
export async function writeModelFiles(
  dir: string,
  graph: Graph,
  metadata: Readonly<Record<string, string>> = {},
): Promise<readonly string[]> {
  const producer = { name: "landfall", version: codeVersion };
  const model = { graph, opset: servedOpset, irVersion: servedIrVersion, producer, metadata };
  const encoded = encodeModelStreamed(model, { externalName: dataFileName });
  await writePieces(join(dir, modelFileName), [encoded.graph]);
  if (encoded.dataBytes === 0) return [modelFileName];
  await writePieces(join(dir, dataFileName), encoded.data);
  return [modelFileName, dataFileName];
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
