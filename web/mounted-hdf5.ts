/**
 * HDF5 files that the user chose, read where they are: only what is asked for is brought into memory. Works in a
 * worker alone, for it reads synchronously.
 * @module
 */
import { openH5wasmFile } from "../data/read/h5wasm-file.ts";
import type { Hdf5File } from "../data/read/hdf5.ts";

let mounted = 0;

/**
 * Opens a file for reading; the library (5 MB) is loaded at the first one.
 * @throws AppError `bad-data` when it is damaged or cut short
 */
export async function openMountedHdf5(file: Blob, label: string): Promise<Hdf5File> {
  const h5wasm = await import("h5wasm");
  const { FS } = await h5wasm.ready;
  mounted += 1;
  const folder = `/input-${mounted}`;
  FS.mkdir(folder);
  // A name of our own: the user's may hold anything.
  FS.mount(FS.filesystems.WORKERFS, { blobs: [{ name: "file", data: file }] }, folder);
  const unmount = (): void => {
    FS.unmount(folder);
    FS.rmdir(folder);
  };
  try {
    const opened = await openH5wasmFile(h5wasm, { path: `${folder}/file`, label });
    let isOpen = true;
    const close = (): void => {
      opened.close();
      if (isOpen) unmount();
      isOpen = false;
    };
    return { ...opened, close };
  } catch (error) {
    unmount();
    throw error;
  }
}
