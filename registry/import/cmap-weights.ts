/**
 * The file of CMap's own inference, `GSE92743_Broad_OLS_WEIGHTS_n979x11350.gctx`: a weight a landmark and an intercept
 * (`OFFSET`) a target. CMap stores targets as rows and landmarks as columns; the turned table is read as well, because
 * the axis that carries the intercept says which is which.
 * @module
 */
import { identifyIds } from "../../data/genes/identify.ts";
import { geneKeys } from "../../data/genes/keys.ts";
import type { Axis, ExpressionSource } from "../../data/source.ts";
import { AppError, type GeneRecord, type IdType } from "../../schemas/index.ts";

/** A linear model from landmarks to targets on one scale: y = W·x + b. */
export interface CmapWeights {
  /** The file's name. */
  readonly label: string;
  readonly idType: IdType;
  /** `[L]`, in the file's order. */
  readonly landmarks: readonly GeneRecord[];
  /** `[T]`, in the file's order. */
  readonly targets: readonly GeneRecord[];
  /** W, `[T, L]`. */
  readonly kernel: Float32Array;
  /** b, `[T]`. */
  readonly intercept: Float32Array;
}

/** What files call the column of ones: CMap `OFFSET`, R `(Intercept)`, statsmodels `const`. */
const interceptName = /^(offset|\(?intercept\)?|const(ant)?|bias)$/i;

/** Which axis of the file the landmarks are on, and where on it the intercept stands. */
interface Layout {
  readonly landmarkAxis: "genes" | "samples";
  readonly intercept: number;
}

/**
 * Reads the weights into the model's order.
 * @throws AppError `bad-data` for a table without exactly one intercept, genes that are named twice or not at all, and
 *   weights that are not finite, all problems of a kind at once; and what the source throws
 */
export async function readCmapWeights(source: ExpressionSource, signal?: AbortSignal): Promise<CmapWeights> {
  const layout = layoutOf(source);
  const withIntercept = source[layout.landmarkAxis];
  const targets = source[layout.landmarkAxis === "genes" ? "samples" : "genes"];
  const landmarks = without(withIntercept, layout.intercept);
  requireGenes(source.label, { landmarks, targets });
  const [l, t] = [landmarks.ids.length, targets.ids.length];
  const weights = { kernel: new Float32Array(l * t), intercept: new Float32Array(t) };
  const bad: string[] = [];
  let infinite = 0;
  for await (const { start, rows, values } of source.blocks(signal && { signal })) {
    const width = values.length / rows;
    for (let at = 0; at < values.length; at++) {
      const [row, column] = [start + Math.floor(at / width), at % width];
      const [place, target] = layout.landmarkAxis === "samples" ? [row, column] : [column, row];
      const value = values[at] as number;
      if (!Number.isFinite(value) && ++infinite <= 5) bad.push(`${targets.ids[target]} × ${withIntercept.ids[place]}`);
      if (place === layout.intercept) weights.intercept[target] = value;
      else weights.kernel[target * l + place - (place > layout.intercept ? 1 : 0)] = value;
    }
  }
  if (infinite > 0)
    throw new AppError("bad-data", {
      what: `${infinite} weights are missing or infinite`,
      where: source.label,
      examples: bad,
      advice: "Get the file again: a download that broke off leaves holes",
    });
  return {
    label: source.label,
    idType: identifyIds([...landmarks.ids, ...targets.ids]),
    landmarks: records(landmarks, "landmark"),
    targets: records(targets, "target"),
    ...weights,
  };
}

function layoutOf({ genes, samples, label }: ExpressionSource): Layout {
  const found = ([["genes", genes] as const, ["samples", samples] as const] as const).flatMap(
    ([landmarkAxis, { ids }]) =>
      ids.flatMap((id, intercept): Layout[] => (interceptName.test(id) ? [{ landmarkAxis, intercept }] : [])),
  );
  const [layout] = found;
  if (layout !== undefined && found.length === 1) return layout;
  throw new AppError("bad-data", {
    what: "this is no table of linear weights: which axis is the landmarks' is told by the intercept",
    where: label,
    expected: "one row or column called OFFSET (or intercept, const, bias)",
    got: `${found.length} in ${genes.ids.length} rows, such as "${genes.ids[0] ?? ""}", and ${samples.ids.length} columns, such as "${samples.ids[0] ?? ""}"`,
    advice: "Give GSE92743_Broad_OLS_WEIGHTS_n979x11350.gctx of GEO series GSE92743, or a file laid out like it",
  });
}

/** An axis without one of its places. */
function without({ ids, fields }: Axis, place: number): Axis {
  const isKept = (_: unknown, i: number): boolean => i !== place;
  const kept = [...fields].map(([name, column]) => [name, column.filter(isKept)] as const);
  return { ids: ids.filter(isKept), fields: new Map(kept) };
}

function requireGenes(label: string, { landmarks, targets }: { landmarks: Axis; targets: Axis }): void {
  const seen = new Map<string, string>();
  const examples: string[] = [];
  for (const [role, { ids }] of [["landmark", landmarks] as const, ["target", targets] as const]) {
    if (ids.length === 0) examples.push(`no ${role}s`);
    for (const [i, id] of ids.entries()) {
      const before = seen.get(id);
      if (id === "") examples.push(`${role} ${i + 1} has no id`);
      else if (before !== undefined) examples.push(`${id} is ${before} and ${role}`);
      seen.set(id, role);
    }
  }
  if (examples.length === 0) return;
  throw new AppError("bad-data", {
    what: "the genes of the weights do not tell landmarks from targets",
    where: label,
    expected: "every gene once",
    examples,
    advice: "Write the table again with one row or column a gene",
  });
}

function records(axis: Axis, role: GeneRecord["role"]): readonly GeneRecord[] {
  const { symbol, entrez, ensembl } = geneKeys(axis);
  return axis.ids.map((id, i) => ({
    id,
    role,
    symbol: symbol[i] ?? "",
    entrez: entrez[i] ?? "",
    ensembl: ensembl[i] ?? "",
  }));
}
