import { AppError, type GeneRecord, type IdType, type InferOptions } from "../../schemas/index.ts";
import type { Axis } from "../source.ts";
import { type FoundByReference, findByReference, type OtherName } from "./align-by-reference.ts";
import type { NamedBy, OpenReference } from "./gene-reference.ts";
import { identifyIds, idTypeOf, withoutVersion } from "./identify.ts";
import { geneKeys, type KeyKind } from "./keys.ts";
import { mangledIds } from "./mangled.ts";

/** What to do where several input columns carry one landmark. */
export type Duplicates = InferOptions["duplicates"];

/** By which identifier of the input a landmark was found; `id`: the model's row id itself. */
export type MatchedBy = "id" | NamedBy;

/** Where a model's landmarks lie in an input. */
export interface Alignment {
  /** The input file, for messages. */
  readonly label: string;
  /** Columns of the input per landmark, `[landmarks]`; empty: missing; several: duplicates to be merged. */
  readonly sources: readonly (readonly number[])[];
  readonly duplicates: Duplicates;
  readonly matchedBy: Readonly<Record<MatchedBy, number>>;
  /** The ids under which the input carries each landmark, `[landmarks]`; duplicates joined by `,`, `""`: missing. */
  readonly inputIds: readonly string[];
  /** Model ids of the landmarks that the input lacks. */
  readonly missing: readonly string[];
  /** Landmarks that were found under a previous symbol, an alias or a probe set. */
  readonly renamed: readonly OtherName[];
  /** Names of the input that may mean a missing landmark or another gene: not taken. */
  readonly ambiguous: readonly OtherName[];
  /** Names of the input that no gene has, close to that of a missing landmark: not taken. */
  readonly close: readonly OtherName[];
  /** Input columns that are no landmark of the model, ascending. */
  readonly unusedColumns: Int32Array;
  readonly idTypes: { readonly input: IdType; readonly model: IdType };
  /** Input ids that a spreadsheet turned into dates or numbers. */
  readonly mangled: readonly string[];
}

interface Landmark {
  readonly id: string;
  readonly key: Readonly<Record<KeyKind, string>>;
}

/** The order of trust: the exact row id, then the stable ids, then the symbol, which goes stale. */
const order = ["id", "entrez", "ensembl", "symbol"] as const;

/**
 * Finds a model's landmarks among the genes of an input: by exact row id, else Entrez id, else Ensembl id (version
 * stripped), else symbol (case ignored); ids may be the input's row ids or stand in its metadata columns. Those still
 * missing are sought by what a reference of human genes knows of their names, where there is one.
 * @throws AppError `bad-data` when several input genes carry one landmark and `duplicates` is `error`
 */
export function alignLandmarks(options: {
  readonly landmarks: readonly GeneRecord[];
  readonly input: Axis;
  readonly duplicates: Duplicates;
  readonly label: string;
  readonly reference?: OpenReference | undefined;
}): Alignment {
  const { input, duplicates, label } = options;
  const landmarks = options.landmarks.map(landmarkOf);
  const tables = indexInput(input);
  const matchedBy = { id: 0, entrez: 0, ensembl: 0, symbol: 0, previous: 0, alias: 0, probe: 0 };
  const direct = landmarks.map(({ id, key }): readonly number[] => {
    for (const by of order) {
      const found = tables[by].get(by === "id" ? id : key[by]);
      if (found === undefined) continue;
      matchedBy[by] += 1;
      return found;
    }
    return [];
  });
  const { found, ambiguous, close } = byReference(options, direct);
  for (const { by } of found.values()) matchedBy[by] += 1;
  const sources = direct.map((columns, i) => found.get(i)?.columns ?? columns);
  const inputIds = sources.map((columns) => columns.map((column) => input.ids[column] ?? "").join(","));
  if (duplicates === "error") refuseDuplicates({ label, landmarks, sources, inputIds });
  const used = new Set(sources.flat());
  return {
    label,
    sources,
    duplicates,
    matchedBy,
    inputIds,
    missing: landmarks.filter((_, i) => sources[i]?.length === 0).map(({ id }) => id),
    renamed: landmarks.flatMap(({ id }, i) =>
      isRenamed(found.get(i)?.by) ? [{ landmark: id, name: inputIds[i] ?? "" }] : [],
    ),
    ambiguous,
    close,
    unusedColumns: Int32Array.from(input.ids.keys()).filter((column) => !used.has(column)),
    idTypes: { input: identifyIds(input.ids), model: identifyIds(landmarks.map(({ id }) => id)) },
    mangled: mangledIds(input.ids),
  };
}

/** What a reference adds, which is opened only where landmarks are missing. */
function byReference(
  options: Pick<Parameters<typeof alignLandmarks>[0], "landmarks" | "input" | "reference">,
  direct: readonly (readonly number[])[],
): FoundByReference {
  const { landmarks, input, reference } = options;
  const missing = [...direct.keys()].filter((i) => direct[i]?.length === 0);
  if (missing.length === 0 || reference === undefined) return { found: new Map(), ambiguous: [], close: [] };
  const used = new Set(direct.flat());
  return findByReference({ landmarks, missing, input, isUsed: (column) => used.has(column), reference: reference() });
}

function isRenamed(by: NamedBy | undefined): boolean {
  return by === "previous" || by === "alias" || by === "probe";
}

/**
 * Refuses an input that lacks too many landmarks.
 * @param maxMissing largest share of the landmarks that may be missing, in [0, 1]
 * @throws AppError `bad-data` with the number, the share, the first ids, and what the input's ids look like
 */
export function checkMissing(alignment: Alignment, maxMissing: number): void {
  const { missing, sources, label, idTypes, mangled, close } = alignment;
  const share = missing.length / sources.length;
  if (!(share > maxMissing)) return;
  const forms =
    idTypes.input === idTypes.model
      ? ""
      : ` The input's ids look like ${idTypes.input}, the model's like ${idTypes.model}: add a column pr_gene_id (Entrez), ensembl or pr_gene_symbol.`;
  const dates =
    mangled.length === 0
      ? ""
      : ` A spreadsheet turned ids into dates (${mangled.length} of them, first ${mangled[0]}).`;
  throw new AppError("bad-data", {
    what: `${missing.length} of ${sources.length} landmarks are missing (${percent(share)})`,
    where: label,
    expected: `at most ${percent(maxMissing)}`,
    got: percent(share),
    examples: missing.map((id) => {
      const name = close.find(({ landmark }) => landmark === id)?.name;
      return name === undefined ? id : `${id} (close to ${name} of the input)`;
    }),
    advice: `Check that the file's genes are ${idTypes.model} ids of the model's species, or raise --max-missing.${forms}${dates}`,
  });
}

/** What is known of a landmark; its id stands in for the key of its own form. */
function landmarkOf({ id, entrez, ensembl, symbol }: GeneRecord): Landmark {
  const form = idTypeOf(id);
  return {
    id,
    key: {
      entrez: entrez || (form === "entrez" ? id : ""),
      ensembl: withoutVersion(ensembl || (form === "ensembl" ? id : "")),
      symbol: (symbol || (form === "symbol" ? id : "")).toUpperCase(),
    },
  };
}

/** Identifier → columns of the input, for each kind of identifier. */
function indexInput(input: Axis): Record<(typeof order)[number], Map<string, number[]>> {
  const keys = geneKeys(input);
  return {
    id: indexOf(input.ids),
    entrez: indexOf(keys.entrez),
    ensembl: indexOf(keys.ensembl),
    symbol: indexOf(keys.symbol.map((symbol) => symbol.toUpperCase())),
  };
}

function indexOf(keys: readonly string[]): Map<string, number[]> {
  const columns = new Map<string, number[]>();
  for (const [column, key] of keys.entries()) {
    if (key === "") continue;
    const known = columns.get(key);
    if (known === undefined) columns.set(key, [column]);
    else known.push(column);
  }
  return columns;
}

function refuseDuplicates({
  label,
  landmarks,
  sources,
  inputIds,
}: Pick<Alignment, "label" | "sources" | "inputIds"> & { readonly landmarks: readonly Landmark[] }): void {
  const several = landmarks.flatMap(({ id }, i) =>
    (sources[i]?.length ?? 0) > 1 ? [`landmark ${id} = ${inputIds[i]}`] : [],
  );
  if (several.length === 0) return;
  throw new AppError("bad-data", {
    what: `several rows of the input carry the same landmark, for ${several.length} of ${landmarks.length} landmarks`,
    where: label,
    examples: several,
    advice: "Choose --duplicates mean (their mean) or --duplicates max (the largest in each sample)",
  });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
