import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { ZarrStore } from "../read/zarr-store.ts";

/** The Zarr hierarchy in a folder. */
export function folderStore(path: string): ZarrStore {
  return {
    label: basename(resolve(path)),
    get: (key) => absent(readFile(join(path, key))),
    size: async (key) => (await absent(stat(join(path, key))))?.size,
    async slice(key, start, end) {
      const file = await absent(open(join(path, key), "r"));
      if (file === undefined) return undefined;
      try {
        const bytes = new Uint8Array(end - start);
        let length = 0;
        while (length < bytes.length) {
          const { bytesRead } = await file.read(bytes, length, bytes.length - length, start + length);
          if (bytesRead === 0) break;
          length += bytesRead;
        }
        return bytes.subarray(0, length);
      } finally {
        await file.close();
      }
    },
    async nodes(group) {
      const entries = await absent(readdir(join(path, group), { withFileTypes: true }));
      return (entries ?? [])
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
        .toSorted();
    },
  };
}

/** Undefined for what is not there. */
async function absent<T>(work: Promise<T>): Promise<T | undefined> {
  return await work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR" || error.code === "EISDIR") return undefined;
    throw error;
  });
}
