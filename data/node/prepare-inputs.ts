import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { AppError, type DatasetSource, type OnProgress } from "../../schemas/index.ts";
import { type GeneSelection, parseGrp, type SelectionText } from "../dataset/selection.ts";
import { type MappedGene, parseGeneMap } from "../genes/gene-map.ts";
import { geneSpace, type SpaceGene } from "../genes/gene-space.ts";
import type { ExpressionSource } from "../source.ts";
import { readGeneReference } from "./gene-reference.ts";
import { sha256, sha256File } from "./hash.ts";
import { openExpression } from "./open.ts";

/** One named cohort. */
export interface CohortInput {
  readonly cohort: string;
  readonly path: string;
}

/** Opens all inputs; they are the caller's to dispose of. @throws AppError as {@link openExpression} */
export async function openInputs(
  inputs: readonly CohortInput[],
  orientation: "samples" | "genes" | undefined,
): Promise<ExpressionSource[]> {
  const sources: ExpressionSource[] = [];
  try {
    for (const { path } of inputs)
      sources.push(await openExpression(path, orientation === undefined ? {} : { orientation }));
  } catch (error) {
    await Promise.all(sources.map((source) => source[Symbol.asyncDispose]()));
    throw error;
  }
  return sources;
}

/** Name, hash and shape of every input. @throws AppError `no-input`, `cancelled` */
export async function describeSources(
  inputs: readonly CohortInput[],
  sources: readonly ExpressionSource[],
  { onProgress, signal }: { readonly onProgress?: OnProgress; readonly signal?: AbortSignal },
): Promise<DatasetSource[]> {
  const sizes = await Promise.all(inputs.map(async ({ path }) => (await stat(path)).size));
  const total = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const described: DatasetSource[] = [];
  let before = 0;
  for (const [index, { cohort, path }] of inputs.entries()) {
    const onBytes = (bytes: number): void =>
      onProgress?.({ phase: "hash inputs", done: before + bytes, total, unit: "bytes" });
    described.push({
      cohort,
      file: basename(path),
      sha256: await sha256File(path, { onBytes, signal }),
      samples: sources[index]?.samples.ids.length ?? 0,
      genes: sources[index]?.genes.ids.length ?? 0,
    });
    before += sizes[index] ?? 0;
  }
  return described;
}

/** Which genes a dataset is made of, with all lists and maps read. */
export interface ReadGenes {
  readonly landmarks: GeneSelection;
  readonly targets: GeneSelection;
  /** Rows of the maps; undefined without maps. */
  readonly space: readonly SpaceGene[] | undefined;
  readonly maps: readonly { readonly file: string; readonly sha256: string }[];
}

/**
 * Reads the gene lists and maps that the options name.
 * @throws AppError `no-input` for a file that cannot be read; `bad-data` for a map that is none.
 */
export async function readGenes(options: {
  readonly landmarks: SelectionText;
  readonly targets: SelectionText;
  readonly geneMaps?: readonly string[] | undefined;
  /** A file of HGNC with newer names than the shipped ones, for `l1000`. */
  readonly hgnc?: string | undefined;
}): Promise<ReadGenes> {
  const { landmarks, targets, geneMaps = [], hgnc } = options;
  const maps: { file: string; sha256: string }[] = [];
  const readMap = async (path: string): Promise<MappedGene[]> => {
    const text = await readText(path, "the gene map cannot be read");
    const hash = sha256(text);
    if (!maps.some((map) => map.sha256 === hash)) maps.push({ file: basename(path), sha256: hash });
    return parseGeneMap(text, basename(path));
  };
  const ofRole = async (selection: SelectionText): Promise<MappedGene[] | undefined> =>
    selection.kind === "map" ? await readMap(selection.path) : undefined;
  const landmarkMap = await ofRole(landmarks);
  const targetMap = await ofRole(targets);
  const further: MappedGene[][] = [];
  for (const path of geneMaps) further.push(await readMap(path));
  return {
    landmarks: await readSelection(landmarks, { roleField: "lf_landmark", hgnc }),
    targets: await readSelection(targets, { roleField: "lf_target", hgnc }),
    space: maps.length === 0 ? undefined : geneSpace({ landmarks: landmarkMap, targets: targetMap, further }),
    maps,
  };
}

/** A map's genes carry their role in a column of the rows that it makes. */
async function readSelection(
  selection: SelectionText,
  { roleField, hgnc }: { readonly roleField: string; readonly hgnc: string | undefined },
): Promise<GeneSelection> {
  if (selection.kind === "map") return { kind: "meta", field: roleField };
  if (selection.kind === "l1000") return { kind: "l1000", reference: await readGeneReference({ hgnc }) };
  if (selection.kind !== "file") return selection;
  const { path } = selection;
  return {
    kind: "list",
    label: basename(path),
    entries: parseGrp(await readText(path, "the gene list cannot be read")),
  };
}

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const advice = "Give l1000, rest, meta:FIELD[=VALUE], map:FILE, or the path of a file with one gene a line";
    throw new AppError("no-input", { what, where: path, got: (cause as Error).message, advice }, { cause });
  }
}
