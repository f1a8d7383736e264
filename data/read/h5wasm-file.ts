/**
 * {@link Hdf5File} over h5wasm, either build: the module is passed in, for the Node and the browser build differ in
 * where files come from and in nothing else.
 * @module
 */
import type * as H5wasm from "h5wasm";
import { AppError, isAppError } from "../../schemas/index.ts";
import { H5wasmDataset } from "./h5wasm-dataset.ts";
import type { Hdf5Dataset, Hdf5File } from "./hdf5.ts";

/** What we use of the `h5wasm` and `h5wasm/node` modules. */
export type H5wasmBuild = Pick<typeof H5wasm, "ready" | "File">;

/**
 * Opens the HDF5 file that the library knows as `path`.
 * @throws AppError `bad-data` when it is damaged or cut short
 */
export async function openH5wasmFile(
  h5wasm: H5wasmBuild,
  { path, label }: { readonly path: string; readonly label: string },
): Promise<Hdf5File> {
  const module = await h5wasm.ready;
  // Without this, failures are printed to stderr and reading goes on with garbage.
  module.activate_throwing_error_handler();
  const file = translated(label, () => new h5wasm.File(path, "r"));
  let isOpen = true;
  return {
    label,
    rootText: (name) => translated(label, () => rootText(file, name)),
    names: (group) =>
      translated(`${label}, ${group}`, () =>
        file.get_type(group) === module.H5G_GROUP ? module.get_names(file.file_id, group, false) : undefined,
      ),
    dataset: (name) =>
      translated(`${label}, ${name}`, () =>
        file.get_type(name) === module.H5G_DATASET
          ? translatedDataset(label, new H5wasmDataset(module, { fileId: file.file_id, path: name }))
          : undefined,
      ),
    close: () => {
      if (isOpen) file.close();
      isOpen = false;
    },
  };
}

function rootText(file: H5wasm.File, name: string): string | undefined {
  if (!Object.hasOwn(file.attrs, name)) return undefined;
  const value = file.get_attribute(name, true);
  const text = Array.isArray(value) ? value[0] : value;
  return typeof text === "string" ? text : undefined;
}

function translatedDataset(label: string, dataset: H5wasmDataset): Hdf5Dataset {
  const { path, shape, chunk, kind } = dataset;
  const where = `${label}, ${path}`;
  return {
    path,
    shape,
    chunk,
    kind,
    texts: () => translated(where, () => dataset.texts()),
    numbers: () => translated(where, () => dataset.numbers()),
    rows: (start, end) => translated(`${where}, rows ${start} to ${end}`, () => dataset.rows(start, end)),
  };
}

/** Runs `read`; the one place where HDF5's errors become ours. */
function translated<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (isAppError(error)) throw error;
    throw new AppError(
      "bad-data",
      {
        what: "HDF5 cannot read the file",
        where,
        got: rootCause(error),
        advice: "Copy or download the file again if it is cut short; rewrite it by h5repack if a filter is missing",
      },
      { cause: error },
    );
  }
}

/** The innermost frame of an HDF5 error stack says what happened: `#006: … in H5F__super_read(): truncated file: …`. */
function rootCause(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const frames = [...message.matchAll(/^ *#\d+: .* in \w+\(\): (.*)$/gm)];
  return frames.at(-1)?.[1] ?? message;
}
