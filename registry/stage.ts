import { copyFile, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fsyncDirectory } from "../data/node/atomic.ts";
import { sha256File } from "../data/node/hash.ts";
import { AppError, type ModelManifest } from "../schemas/index.ts";
import { versionFiles } from "./layout.ts";
import { formatManifest } from "./manifest.ts";

async function sync(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolders(dir: string): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true }))
    if (entry.isDirectory()) await syncFolders(join(dir, entry.name));
  await fsyncDirectory(dir);
}

/**
 * Copies the files of a verified manifest and proves each copy, so that what is published is what was verified; on the
 * disk when this resolves.
 * @throws AppError `try-again` when a file changed since it was verified, `cancelled`.
 */
export async function copyFiles(
  { files }: Pick<ModelManifest, "files">,
  { from, to, signal }: { readonly from: string; readonly to: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  for (const { path, sha256 } of files) {
    const copy = join(to, path);
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(from, path), copy);
    if ((await sha256File(copy, { signal })) !== sha256)
      throw new AppError("try-again", { what: "the file changed while it was copied", where: join(from, path) });
    await sync(copy);
  }
  await syncFolders(to);
}

/** Writes the manifest into a folder that nobody sees yet; on the disk when this resolves. */
export async function writeManifest(dir: string, manifest: ModelManifest): Promise<void> {
  const file = await open(join(dir, versionFiles.manifest), "w");
  try {
    await file.writeFile(formatManifest(manifest));
    await file.sync();
  } finally {
    await file.close();
  }
  await fsyncDirectory(dir);
}
