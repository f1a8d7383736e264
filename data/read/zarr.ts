/**
 * Expression files in Zarr v3, as `data/write/zarr-layout.ts` lays them out: `matrix` `[samples, genes]`, a column a
 * field in `samples/` and `genes/`, of which `id` is one.
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import type { Axis, ExpressionSource, MetaColumn } from "../source.ts";
import { axisOf, checkAxes } from "./axes.ts";
import { clearMissing, metaText } from "./missing.ts";
import { type ZarrArray, ZarrGroup, zarrArray, zarrDocument, zarrNumbers, zarrTexts } from "./zarr-array.ts";
import { requireWholeRows, zarrBlocks } from "./zarr-rows.ts";
import type { ZarrStore } from "./zarr-store.ts";

/**
 * Opens a Zarr hierarchy; nothing stays open between reads.
 * @throws AppError `bad-data` when it is no expression file, or uses codecs that are not read
 */
export async function zarrSource(store: ZarrStore): Promise<ExpressionSource> {
  const { label } = store;
  const warnings: string[] = [];
  const root = await zarrDocument(store, "zarr.json", ZarrGroup);
  const matrix = await zarrArray(store, "matrix");
  if (root === undefined || matrix === undefined)
    throw new AppError("bad-data", {
      what: "the Zarr hierarchy is no expression file",
      where: label,
      expected: "a group with an array `matrix` and groups `samples` and `genes`",
      got: `${(await store.nodes("")).slice(0, 8).join(", ") || "nothing"} at the top`,
    });
  requireWholeRows(store, matrix);
  const genes = await axisIn(store, "genes", warnings);
  const samples = await axisIn(store, "samples", warnings);
  checkShape(label, matrix, { genes, samples });
  checkAxes(label, { genes, samples });
  const texts = Object.entries(root.attributes).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return {
    format: "zarr",
    label,
    genes,
    samples,
    warnings,
    attributes: Object.fromEntries(texts),
    blocks: (range = {}) => zarrBlocks(store, matrix, range),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function axisIn(store: ZarrStore, group: string, warnings: string[]): Promise<Axis> {
  const ids = await zarrArray(store, `${group}/id`);
  if (ids === undefined) {
    const where = `${store.label}, ${group}`;
    throw new AppError("bad-data", { what: "the axis has no ids", where, expected: `an array ${group}/id` });
  }
  const columns: (readonly [string, MetaColumn])[] = [];
  for (const name of await columnNames(store, group)) {
    const array = name === "id" ? undefined : await zarrArray(store, `${group}/${name}`);
    if (array === undefined) continue;
    if (array.shape.length !== 1 || array.shape[0] !== ids.shape[0])
      warnings.push(`${group}/${name} is not as long as the ids; it is left out`);
    else columns.push([name, await columnOf(store, array)]);
  }
  return axisOf(await zarrTexts(store, ids), columns, warnings);
}

/** The fields of an axis in the order that its group tells; as they lie there where it tells none. */
async function columnNames(store: ZarrStore, group: string): Promise<readonly string[]> {
  const document = await zarrDocument(store, `${group}/zarr.json`, ZarrGroup);
  const order = document?.attributes["column-order"];
  const isOrder = Array.isArray(order) && order.every((name) => typeof name === "string");
  return isOrder ? order : await store.nodes(group);
}

async function columnOf(store: ZarrStore, array: ZarrArray): Promise<MetaColumn> {
  if (array.type === "string") return (await zarrTexts(store, array)).map(metaText);
  const numbers = await zarrNumbers(store, array);
  clearMissing(numbers);
  return numbers;
}

function checkShape(
  label: string,
  { shape }: ZarrArray,
  { genes, samples }: { readonly genes: Axis; readonly samples: Axis },
): void {
  const [rows, columns] = shape;
  if (rows === samples.ids.length && columns === genes.ids.length) return;
  throw new AppError("bad-data", {
    what: "ids do not fit the matrix",
    where: `${label}, matrix [${rows} samples, ${columns} genes]`,
    got: `${samples.ids.length} sample ids and ${genes.ids.length} gene ids`,
  });
}
