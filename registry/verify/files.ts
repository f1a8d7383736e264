import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { sha256File } from "../../data/node/hash.ts";
import type { ModelFile } from "../../schemas/index.ts";
import { versionFiles } from "../layout.ts";
import { unlessMissing } from "../read.ts";

/** Follows a hashing; `onBytes` gets the bytes hashed since the last call. */
export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: (bytes: number) => void;
}

/** What lies in a folder: files by path with `/`, and links, pipes and the like, which no version may hold. */
interface Tree {
  readonly files: readonly string[];
  readonly odd: readonly string[];
}

async function readTree(dir: string, prefix = ""): Promise<Tree> {
  const entries = (await unlessMissing(dir, () => readdir(dir, { withFileTypes: true }))) ?? [];
  const files: string[] = [];
  const odd: string[] = [];
  for (const entry of entries) {
    const path = prefix + entry.name;
    if (entry.isFile()) files.push(path);
    else if (entry.isDirectory()) {
      const below = await readTree(join(dir, entry.name), `${path}/`);
      files.push(...below.files);
      odd.push(...below.odd);
    } else odd.push(path);
  }
  return { files, odd };
}

async function fileProblem(dir: string, file: ModelFile, { signal, onBytes }: Watch): Promise<string[]> {
  let bytes = 0;
  const hash = await sha256File(join(dir, file.path), {
    signal,
    onBytes: (sum) => {
      onBytes?.(sum - bytes);
      bytes = sum;
    },
  });
  if (bytes !== file.bytes) return [`${file.path}: ${bytes} bytes instead of ${file.bytes}`];
  return hash === file.sha256
    ? []
    : [`${file.path}: its bytes changed (sha256 ${hash.slice(0, 12)}, not ${file.sha256.slice(0, 12)})`];
}

/**
 * Compares a version folder with the files that its manifest lists: missing, extra, changed ones and links.
 * @throws AppError `no-input` when a file cannot be read, `cancelled`.
 */
export async function fileProblems(dir: string, listed: readonly ModelFile[], watch: Watch = {}): Promise<string[]> {
  const { files, odd } = await readTree(dir);
  const present = new Set(files);
  const known = new Set([versionFiles.manifest, ...listed.map(({ path }) => path)]);
  const problems = [
    ...listed
      .filter(({ path }, i) => listed.findIndex((file) => file.path === path) !== i)
      .map(({ path }) => `${path}: listed twice`),
    ...listed.filter(({ path }) => !present.has(path)).map(({ path }) => `${path}: missing`),
    ...files.filter((path) => !known.has(path)).map((path) => `${path}: not in the manifest`),
    ...odd.map((path) => `${path}: not a regular file`),
  ];
  for (const file of listed) if (present.has(file.path)) problems.push(...(await fileProblem(dir, file, watch)));
  return problems;
}
