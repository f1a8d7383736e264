import { join } from "node:path";
import { readGeneReference } from "../../data/node/gene-reference.ts";
import { sha256File } from "../../data/node/hash.ts";
import type { ModelSource, SessionHost } from "../../runtime/session.ts";
import { AppError, isAppError } from "../../schemas/index.ts";
import { chooseTargets, formatColumns, type TargetChoice, withTargets } from "../chosen-targets.ts";
import type { ModelParts } from "../model-parts.ts";
import { Predictor } from "../predictor.ts";
import type { ChosenGraph, PrecisionChoice } from "../variant.ts";
import { graphForDevice } from "./graph-choice.ts";
import { type GraphOptions, openGraph } from "./open-graph.ts";
import { checkFiles, readGenes, readLandmarkStats, readManifest, sizeFiles } from "./version-files.ts";

/** How to load a model: where its graph runs, and how to stop. */
export interface LoadOptions extends Omit<GraphOptions, "bytes"> {
  /** Infer some of the targets only; all by default. */
  readonly targets?: TargetChoice;
  /** Which of the model's graphs; float32 by default. */
  readonly precision?: PrecisionChoice;
  /** Path of a file in the layout of `hgnc_complete_set.txt`, whose gene names take the place of the shipped ones. */
  readonly hgnc?: string | undefined;
  readonly signal?: AbortSignal;
  /** What opens the graph, {@link openGraph} by default. */
  readonly open?: (source: ModelSource, options: GraphOptions) => Promise<SessionHost>;
}

/** A model without its graph: all that an input is opened and planned by. */
export type KnownModel = Omit<ModelParts, "session" | "landmarkStats">;

/** A model that is being loaded. Disposing of it waits for the loading and closes what was loaded. */
export interface ModelLoading extends AsyncDisposable {
  /** There while the graph is still being opened and the files' bytes checked: nothing is to be written by it. */
  readonly known: Promise<KnownModel>;
  /** The whole model, checked. Rejects with the model's fault, also where `known` has rejected with another one. */
  readonly model: Promise<Predictor>;
}

/**
 * Loads a version folder: checks the bytes that inference needs against the manifest, opens the graph, and re-checks
 * the golden results on the provider used. The caller disposes of the predictor.
 * @throws AppError `unknown-model` when the folder holds no manifest, `bad-model` for a damaged model or one that is
 *   not for expression, `unavailable` for a device that cannot start, `usage` for targets that are not the model's and
 *   for a precision that it has no variant of, `no-input` and `bad-data` for gene names that are none
 */
export function loadModelFolder(dir: string, options: LoadOptions = {}): Promise<Predictor> {
  return beginLoading(dir, options).model;
}

/**
 * Begins to load a version folder as {@link loadModelFolder} does, for a caller who has something to do meanwhile: with
 * the graph in a thread of its own, its opening, the check of the bytes, and the caller's work go on side by side.
 */
export function beginLoading(dir: string, options: LoadOptions = {}): ModelLoading {
  const folder = folderOf(dir, options);
  const parts = folder.then((of) => readParts(of, options));
  const known: Promise<KnownModel> = parts;
  const model = folder.then((of) => assemble(of, parts, options));
  // Who has not asked for them yet is not told of their failure.
  for (const promise of [known, model]) promise.catch(() => undefined);
  const close = async (): Promise<void> => {
    const loaded = await model.catch(() => undefined);
    await loaded?.[Symbol.asyncDispose]();
  };
  return { known, model, [Symbol.asyncDispose]: close };
}

/** A version folder whose files are all there and of the right size. */
interface Folder {
  readonly dir: string;
  readonly graph: ChosenGraph;
  readonly sized: Awaited<ReturnType<typeof sizeFiles>>;
}

async function folderOf(dir: string, { precision = "fp32", device, signal }: LoadOptions): Promise<Folder> {
  const graph = await graphForDevice(await readManifest(dir), { precision, device });
  const sized = await sizeFiles(dir, graph);
  // A graph that is cut short is not worth opening; what else is wrong is told with it.
  if (sized.some(({ problem }) => problem !== undefined)) await checkFiles(dir, sized, signal);
  return { dir, graph, sized };
}

/** All of a model but its graph. */
interface GraphlessParts extends Omit<ModelParts, "session"> {
  /** The targets chosen, where not all are. */
  readonly columnIndices: Int32Array | undefined;
}

async function readParts({ dir, graph }: Folder, { targets, hgnc, signal }: LoadOptions): Promise<GraphlessParts> {
  const { manifest, precision } = graph;
  const genes = await readGenes(join(dir, "genes.tsv"));
  const landmarkStats = await readLandmarkStats(join(dir, "landmarks.stats.f32"));
  const reference = await readGeneReference({ hgnc });
  const names = { reference, ...(hgnc !== undefined && { hgnc: await sha256File(hgnc, { signal }) }) };
  const whole = { manifest, genes };
  const chosen = targets && chooseTargets(targets, { ...whole, reference });
  return {
    ...(chosen === undefined ? whole : { ...withTargets(whole, chosen.columns), allGenes: genes }),
    landmarkStats,
    precision,
    ...names,
    ...(chosen && { columns: formatColumns(chosen.columns), warnings: chosen.warnings }),
    columnIndices: chosen?.columns,
  };
}

/** The predictor of a folder. Whatever fails, everything else has ended and the session is closed before that is told. */
async function assemble(folder: Folder, reading: Promise<GraphlessParts>, options: LoadOptions): Promise<Predictor> {
  const { dir, sized } = folder;
  const checking = checkFiles(dir, sized, options.signal);
  const opening = graphSource(folder, reading, options).then((source) => {
    const { open = openGraph, device, threads, host, sessions, profiles } = options;
    return open(source, {
      bytes: graphBytes(folder),
      ...(sessions !== undefined && { sessions }),
      ...(profiles !== undefined && { profiles }),
      ...(device !== undefined && { device }),
      ...(threads !== undefined && { threads }),
      ...(host !== undefined && { host }),
    });
  });
  const [checked, read, opened] = await Promise.allSettled([checking, reading, opening]);
  try {
    // Bytes that changed explain the rest.
    for (const step of [checked, read, opened]) if (step.status === "rejected") throw step.reason;
    return await Predictor.open({ ...(await reading), session: await opening });
  } catch (error) {
    if (opened.status === "fulfilled") await opened.value[Symbol.asyncDispose]();
    if (!isAppError(error, "bad-model")) throw error;
    throw new AppError("bad-model", { ...error.fault, where: error.fault.where ?? dir }, { cause: error });
  }
}

const graphBytes = ({ graph: { manifest, path } }: Folder): number =>
  manifest.files.find((file) => file.path === path)?.bytes ?? 0;

async function graphSource(
  { dir, graph }: Folder,
  reading: Promise<GraphlessParts>,
  { targets }: LoadOptions,
): Promise<ModelSource> {
  const path = join(dir, graph.path);
  const columns = targets && (await reading).columnIndices;
  if (columns === undefined) return { path };
  const { prunedModel } = await import("./pruned-model.ts");
  return { bytes: await prunedModel(path, columns) };
}
