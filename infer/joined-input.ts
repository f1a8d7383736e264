/**
 * Several inputs as one: each file's genes are found by themselves, and rows are joined in the model's own genes.
 * @module
 */
import type { Alignment } from "../data/genes/align.ts";
import type { Axis, Block } from "../data/source.ts";
import type { GeneRecord, InferOptions } from "../schemas/index.ts";
import { type FurtherLandmark, furtherLandmarks } from "./further-landmarks.ts";
import { alignmentWarnings, type InputPlan, type PlannedModel } from "./input-plan.ts";
import { measuredLandmarks } from "./landmark-rows.ts";
import { outputGenes } from "./output.ts";
import type { QuantileMap } from "./quantile-map.ts";
import { quantileRows } from "./quantile-rows.ts";

/** One layout of genes among the inputs, and how it goes through the model. */
export interface GeneLayout {
  /** Genes of the files that have this layout. */
  readonly genes: Axis;
  readonly plan: InputPlan;
}

/** How joined rows go through the model. */
export interface JoinedInput {
  /** Of the joined rows. */
  readonly input: InputPlan;
  /** Genes of the joined rows: the model's landmarks, then further landmarks that any input measured. */
  readonly genes: Axis;
  /** A block of a file with this layout as joined rows, `[rows, joined genes]`, NaN = missing; belongs to the caller. */
  readonly gather: (block: Block, layout: GeneLayout, label: string) => Float32Array;
}

/**
 * Joins the plans of several layouts: a landmark that any input measured is a measured one, missing in the profiles of
 * the others; its `lf_input_id` names every id that it has in them. One that no input has is imputed throughout.
 * @param layouts at least one
 */
export function joinInputs(
  layouts: readonly GeneLayout[],
  model: PlannedModel,
  { label, options }: { readonly label: string; readonly options: InferOptions },
): JoinedInput {
  const { manifest, genes } = model;
  const alignment = joinAlignments(layouts, genes.slice(0, manifest.landmarks), label);
  const ownFurther = layouts.map((layout) => furtherLandmarks(layout.genes, genes, model.reference));
  const further = joinFurther(ownFurther, manifest.landmarks);
  const columns = new Map(
    layouts.map((layout, i) => {
      const own = new Map(ownFurther[i]?.map(({ id, column }) => [id, column]));
      return [layout, Int32Array.from(further, ({ id }) => own.get(id) ?? -1)] as const;
    }),
  );
  const landmarkIds = genes.slice(0, manifest.landmarks).map(({ id }) => id);
  const measuredIds = [...landmarkIds, ...further.map(({ id }) => id)];
  const quantile = joinQuantiles(layouts, measuredIds.length);
  const { reference, joint } = manifest.inputProfile;
  const references = { reference, joint: joint?.values };
  return {
    genes: {
      ids: quantile === undefined ? measuredIds : [...measuredIds, ...landmarkIds.map((id) => `${id}|mapped`)],
      fields: new Map(),
    },
    input: {
      label,
      options,
      alignment,
      warnings: [...alignmentWarnings(alignment), ...layouts.flatMap(({ plan }) => plan.landmarksAlone ?? [])],
      furtherColumns: Int32Array.from(further, ({ column }) => column),
      genes: outputGenes({ manifest, genes, alignment, further, scale: options.scale }),
      ...(quantile && { quantile }),
    },
    gather(block, layout, ownLabel) {
      const plan = { ...layout.plan, label: ownLabel };
      const { values } = measuredLandmarks(block, plan, genes);
      const more = columns.get(layout) ?? new Int32Array(0);
      const rows = more.length === 0 ? values : withFurther(values, block, more);
      if (quantile === undefined) return rows;
      return sideBySide(rows, quantileRows(block, values, { plan, model: references }), block.rows);
    },
  };
}

/**
 * Where the files' whole profiles are mapped, each file is by itself, as if it were the only one: the joined rows carry
 * the result behind what was measured, since they lack the other genes.
 */
function joinQuantiles(layouts: readonly GeneLayout[], start: number): QuantileMap | undefined {
  const [first, ...others] = new Set(layouts.map(({ plan }) => plan.quantile?.ranks));
  if (others.length > 0) return { by: "columns", start, ranks: "mixed" };
  return first === undefined ? undefined : { by: "columns", start, ranks: first };
}

/** The alignment of joined rows: every landmark that any layout has lies in its own column. */
function joinAlignments(layouts: readonly GeneLayout[], landmarks: readonly GeneRecord[], label: string): Alignment {
  const [first, ...others] = layouts.map(({ plan }) => plan.alignment);
  if (first === undefined) throw new Error("no input to join");
  const all = [first, ...others];
  const matchedBy = { ...first.matchedBy };
  for (const { matchedBy: more } of others)
    for (const kind of Object.keys(more) as (keyof typeof more)[]) matchedBy[kind] += more[kind];
  const inputIds = landmarks.map((_, i) => {
    const ids = all.map((alignment) => alignment.inputIds[i] ?? "").filter((id) => id !== "");
    return [...new Set(ids)].join(",");
  });
  return {
    ...first,
    label,
    sources: inputIds.map((id, i) => (id === "" ? [] : [i])),
    matchedBy,
    inputIds,
    missing: landmarks.flatMap(({ id }, i) => (inputIds[i] === "" ? [id] : [])),
    renamed: distinctNames(all.flatMap(({ renamed }) => renamed)),
    ambiguous: distinctNames(all.flatMap(({ ambiguous }) => ambiguous)),
    close: distinctNames(all.flatMap(({ close }) => close)),
    unusedColumns: new Int32Array(0),
    mangled: [...new Set(all.flatMap(({ mangled }) => mangled))],
  };
}

function distinctNames(names: Alignment["renamed"]): Alignment["renamed"] {
  return [...new Map(names.map((name) => [`${name.landmark}\t${name.name}`, name])).values()];
}

/** Further landmarks of all layouts by id, in the columns behind the model's landmarks. */
function joinFurther(own: readonly (readonly FurtherLandmark[])[], landmarks: number): FurtherLandmark[] {
  const byId = new Map<string, FurtherLandmark>();
  for (const gene of own.flat()) if (!byId.has(gene.id)) byId.set(gene.id, gene);
  return [...byId.values()].map((gene, i) => ({ ...gene, column: landmarks + i }));
}

/** Landmark rows with further columns behind, `[rows, landmarks + columns]`; column -1 is missing. */
function withFurther(landmarks: Float32Array, { rows, values }: Block, columns: Int32Array): Float32Array {
  const width = landmarks.length / rows;
  const genes = values.length / rows;
  const joined = new Float32Array(rows * (width + columns.length));
  for (let row = 0; row < rows; row += 1) {
    const at = row * (width + columns.length);
    joined.set(landmarks.subarray(row * width, (row + 1) * width), at);
    for (let i = 0; i < columns.length; i += 1) {
      const column = columns[i] as number;
      joined[at + width + i] = column < 0 ? Number.NaN : (values[row * genes + column] as number);
    }
  }
  return joined;
}

/** Rows of two matrices end to end, `[rows, left + right]`. */
function sideBySide(left: Float32Array, right: Float32Array, rows: number): Float32Array {
  const [ofLeft, ofRight] = [left.length / rows, right.length / rows];
  const joined = new Float32Array(left.length + right.length);
  for (let row = 0; row < rows; row += 1) {
    const at = row * (ofLeft + ofRight);
    joined.set(left.subarray(row * ofLeft, (row + 1) * ofLeft), at);
    joined.set(right.subarray(row * ofRight, (row + 1) * ofRight), at + ofLeft);
  }
  return joined;
}
