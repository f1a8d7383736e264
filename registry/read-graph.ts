import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeModel, type ExternalReference } from "../onnx/codec/index.ts";
import type { Model } from "../onnx/graph.ts";
import { AppError, isAppError } from "../schemas/index.ts";
import { versionFiles } from "./layout.ts";
import { readError } from "./read.ts";

/** One read takes less than 2 GiB. */
const largestRead = 2 ** 30;

function readRange(dir: string, { location, offset, length }: ExternalReference): Uint8Array {
  const path = join(dir, location);
  const bytes = new Uint8Array(length);
  try {
    const file = openSync(path, "r");
    try {
      for (let done = 0; done < length; ) {
        const read = readSync(file, bytes, done, Math.min(length - done, largestRead), offset + done);
        if (read === 0) throw new AppError("bad-model", { what: "the weights end early", where: path });
        done += read;
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw readError(error, path);
  }
  return bytes;
}

/**
 * Decodes and checks a graph of a version folder, `model.onnx` by default, with the weights that lie beside it.
 * @throws AppError `no-input` when a file cannot be read, `bad-model` when it is not a model in use.
 */
export async function readGraph(dir: string, file: string = versionFiles.graph): Promise<Model> {
  const path = join(dir, file);
  try {
    return decodeModel(await readFile(path), { readExternal: (reference) => readRange(dirname(path), reference) });
  } catch (error) {
    if (!isAppError(error)) throw readError(error, path);
    const { where, ...fault } = error.fault;
    throw new AppError(
      error.tag,
      { ...fault, where: where === undefined ? path : `${path}: ${where}` },
      { cause: error },
    );
  }
}
