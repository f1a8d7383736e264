import { closeSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { decodeModel, encodeModel, type ReadExternal } from "../../onnx/codec/index.ts";
import { selectColumns } from "../../onnx/rewrite/select-columns.ts";

/**
 * The bytes of a model's graph with some of its targets: of the last kernel, `[targets, hidden]`, only their rows stay.
 * Every target left has the bits that the whole graph gives it (ONNX Runtime's CPU provider computes columns on their own).
 * @throws AppError `bad-model` for a graph that does not read
 */
export async function prunedModel(path: string, columns: Int32Array): Promise<Uint8Array> {
  const model = decodeModel(await readFile(path), { readExternal: externalBeside(path) });
  const graph = selectColumns(model, { output: "targets", columns });
  return encodeModel({ ...model, graph });
}

/** Reads weights that lie in files beside a graph's. */
function externalBeside(path: string): ReadExternal {
  return ({ location, offset, length }) => {
    const file = openSync(join(dirname(path), location), "r");
    try {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; ) {
        const read = readSync(file, bytes, at, Math.min(length - at, 2 ** 30), offset + at);
        if (read === 0) break;
        at += read;
      }
      return bytes;
    } finally {
      closeSync(file);
    }
  };
}
