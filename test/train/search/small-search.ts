import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type SearchRequest, searchModels } from "../../../cli/search-models.ts";
import { prepareDataset } from "../../../data/node/prepare.ts";
import type { FieldValues } from "../../../schemas/index.ts";
import type { SearchResult } from "../../../train/search/run-search.ts";
import { prepareOptions, writeSmallCohort } from "../../data/dataset/small-cohort.ts";
import { normals } from "../ort/nets.ts";

/** A folder of its own for a test, removed after it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "landfall-search-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A dataset of two cohorts of 90 profiles, 6 landmarks, one of which is a target too, and 5 other targets. */
export async function smallDataset(folder: string, { seed = 1, name = "data" } = {}): Promise<string> {
  const noise = normals(180 * 12, seed);
  const cohorts = ["A", "B"].map((cohort, at) => {
    const of = (sample: number, gene: number): number => noise[(at * 90 + sample) * 12 + gene] ?? 0;
    const value = (sample: number, gene: number): number =>
      8 + (gene < 6 ? of(sample, gene) : 0.3 * of(sample, gene) + Math.tanh(of(sample, gene - 6) + of(sample, 0)));
    return { cohort, path: join(folder, `${name}-${cohort}.gctx`), value };
  });
  for (const { cohort, path, value } of cohorts)
    await writeSmallCohort(path, { samples: 90, genes: 12, value, prefix: cohort });
  const out = join(folder, name);
  const inputs = cohorts.map(({ cohort, path }) => ({ cohort, path }));
  await prepareDataset({ ...prepareOptions("", out), inputs });
  return out;
}

/** A D-GEX net that is trained in a moment. */
export const smallNet = {
  schemaVersion: 1,
  name: "small",
  family: "dgex",
  hidden: [4],
  optimisation: { epochs: 3, batchSize: 20, learningRate: 0.01, checkpointSeconds: 0 },
};

/** What a test asks of a search, beside the fields to vary. */
export interface SmallSearch extends Partial<Pick<SearchRequest, "engine" | "force" | "retryFailed" | "onTrial">> {
  readonly folder: string;
  readonly data: string;
  readonly signal?: AbortSignal;
  /** Further fields of the space. */
  readonly more?: object;
}

/** Writes a grid of the small net, or whatever `more` makes of it, as `space.json`, and searches in `out`. */
export async function searchSmall(
  space: Readonly<Record<string, FieldValues>>,
  { folder, data, signal, more = {}, ...flags }: SmallSearch,
): Promise<SearchResult> {
  const spacePath = join(folder, "space.json");
  const content = { schemaVersion: 1, name: "small", base: smallNet, space, strategy: "grid", ...more };
  await writeFile(spacePath, JSON.stringify(content));
  const context = {
    signal: signal ?? new AbortController().signal,
    onProgress: () => undefined,
    print: () => undefined,
    note: () => undefined,
  };
  const plain = {
    settings: [],
    device: "cpu",
    engine: "ort",
    force: false,
    retryFailed: false,
    onTrial: () => undefined,
  } as const;
  return searchModels({ ...plain, ...flags, spacePath, data, out: join(folder, "out"), context });
}
