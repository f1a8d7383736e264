/**
 * HDF5 files on disk.
 * @module
 */
import { basename, resolve } from "node:path";
import { openH5wasmFile } from "../read/h5wasm-file.ts";
import type { Hdf5File } from "../read/hdf5.ts";

/**
 * Opens an HDF5 file for reading; the library (3 MB of WebAssembly) is loaded on first use.
 * @throws AppError `bad-data` when the file is damaged or cut short
 */
export async function openHdf5(path: string): Promise<Hdf5File> {
  const h5wasm = await import("h5wasm/node");
  return openH5wasmFile(h5wasm, { path: resolve(path), label: basename(path) });
}
