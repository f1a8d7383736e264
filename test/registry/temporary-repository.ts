import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Published, type PublishOptions, publishVersion } from "../../registry/publish.ts";
import { type Small, writeSmallVersion } from "./small-version.ts";

/** A repository in a folder of its own, which disappears with it. */
export interface TemporaryRepository extends AsyncDisposable {
  /** For exports and whatever else a test writes. */
  readonly folder: string;
  /** The repository, not made yet. */
  readonly models: string;
  /** Writes a small export and publishes it as a version of `ridge`. */
  readonly publish: (small?: Small, options?: Partial<PublishOptions>) => Promise<Published>;
}

/** Makes a folder for a test's repository. */
export async function temporaryRepository(): Promise<TemporaryRepository> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-registry-"));
  const models = join(folder, "models");
  let exports = 0;
  return {
    folder,
    models,
    publish: async (small = {}, options = {}) => {
      const from = join(folder, `export-${++exports}`);
      await writeSmallVersion(from, small);
      return publishVersion({ from, models, name: "ridge", who: "jane", ...options });
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
