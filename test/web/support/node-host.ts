import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openHdf5 } from "../../../data/node/hdf5.ts";
import type { ApiHost } from "../../../web/api.ts";

/** Where the models of a test "are". */
export const origin = "https://example.org/models/";

/** What a test makes of a file on its way; undefined: there is none. */
export type Change = (path: string, bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | undefined;

/** The api's surroundings in Node: onnxruntime-web's build for Node, one thread, and a folder for a server. */
export function nodeHost(folder: string, change: Change = (_path, bytes) => bytes): ApiHost {
  return {
    async fetch(url) {
      const path = new Request(url).url.slice(origin.length);
      const bytes = await readFile(join(folder, path)).catch(() => undefined);
      const sent = bytes && change(path, Uint8Array.from(bytes));
      return sent === undefined ? new Response("nothing here", { status: 404 }) : new Response(sent);
    },
    facts: async () => ({ cores: 1, isIsolated: false, gpu: { ok: false, reason: "this is Node" } }),
    loadOrt: async (_provider, threads) => {
      const ort = await import("onnxruntime-web");
      ort.env.wasm.numThreads = threads;
      ort.env.logLevel = "error";
      return ort;
    },
    async openHdf5(file, label) {
      const dir = await mkdtemp(join(tmpdir(), "landfall-web-"));
      const path = join(dir, label);
      await writeFile(path, new Uint8Array(await file.arrayBuffer()));
      const opened = await openHdf5(path);
      const close = (): void => {
        opened.close();
        void rm(dir, { recursive: true });
      };
      return { ...opened, close };
    },
  };
}
