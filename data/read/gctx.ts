/**
 * GCTX 1.0: an HDF5 file that stores what its makers call columns, the samples, as rows.
 *
 * `/0/DATA/0/matrix` `[samples, genes]`; `/0/META/ROW/id` gene ids, `/0/META/COL/id` sample ids, beside each one dataset
 * a metadata field; root attributes `version` and `src`. What the three reference writers disagree about is accepted:
 * float or integer matrices of any layout, fixed or variable-length strings, numeric ids, `version` as a scalar or a
 * list, no `src`, -666 or NaN for missing (cmapPy `parse_gctx.py`, cmapR `io.R`, cmapM `mkgctx.m`).
 * @module
 */
import { AppError } from "../../schemas/index.ts";
import { provenanceAttributes } from "../provenance.ts";
import type { Axis, ExpressionSource } from "../source.ts";
import { axisOf, checkAxes, type NamedColumn } from "./axes.ts";
import type { Hdf5Dataset, Hdf5File } from "./hdf5.ts";
import { hdf5Blocks } from "./hdf5-blocks.ts";
import { clearMissing, metaText } from "./missing.ts";

const matrixPath = "/0/DATA/0/matrix";
const geneGroup = "/0/META/ROW";
const sampleGroup = "/0/META/COL";

/**
 * An open GCTX file as a source, which takes the file over: disposing of it closes the file.
 * @throws AppError `bad-data` when the file is HDF5 but no GCTX, when ids do not fit the matrix, or sample ids repeat
 */
export function gctxSource(file: Hdf5File, earlierWarnings: readonly string[]): ExpressionSource {
  const { label } = file;
  const warnings = [...earlierWarnings];
  const version = file.rootText("version");
  if (version === undefined) warnings.push("the attribute `version` is missing; read as GCTX1.0");
  else if (version !== "GCTX1.0") warnings.push(`version ${version} is read as GCTX1.0`);
  const { matrix, geneIds, sampleIds } = gctxDatasets(file);
  const genes = axisOf(geneIds.texts(), metaColumns(file, { group: geneGroup, warnings, ids: geneIds }), warnings);
  const samples = axisOf(
    sampleIds.texts(),
    metaColumns(file, { group: sampleGroup, warnings, ids: sampleIds }),
    warnings,
  );
  checkShape(label, matrix, { genes, samples });
  checkAxes(label, { genes, samples });
  return {
    format: "gctx",
    label,
    genes,
    samples,
    warnings,
    attributes: provenance(file),
    blocks: (range = {}) => hdf5Blocks(matrix, { label, range }),
    [Symbol.asyncDispose]: async () => file.close(),
  };
}

function provenance(file: Hdf5File): Readonly<Record<string, string>> {
  const told = provenanceAttributes.map((name) => [name, file.rootText(name)] as const);
  return Object.fromEntries(told.filter((entry): entry is [(typeof entry)[0], string] => entry[1] !== undefined));
}

interface GctxDatasets {
  readonly matrix: Hdf5Dataset;
  readonly geneIds: Hdf5Dataset;
  readonly sampleIds: Hdf5Dataset;
}

function gctxDatasets(file: Hdf5File): GctxDatasets {
  const matrix = file.dataset(matrixPath);
  const geneIds = file.dataset(`${geneGroup}/id`);
  const sampleIds = file.dataset(`${sampleGroup}/id`);
  if (!matrix || !geneIds || !sampleIds) {
    const missing = [matrixPath, `${geneGroup}/id`, `${sampleGroup}/id`].filter((path) => !file.dataset(path));
    throw new AppError("bad-data", {
      what: `the file is HDF5 but not GCTX: it lacks ${missing.join(" and ")}`,
      where: file.label,
      got: `a file with ${file.names("/")?.slice(0, 8).join(", ") || "nothing"} at the top`,
      advice: "Give a GCTX file, or convert this one",
    });
  }
  if (matrix.kind !== "number" || matrix.shape.length !== 2) {
    throw new AppError("bad-data", {
      what: "the matrix is no table of numbers",
      where: `${file.label}, ${matrixPath}`,
      expected: "two dimensions of float32, float64 or integers",
      got: `${matrix.shape.length} dimensions, kind ${matrix.kind}`,
    });
  }
  return { matrix, geneIds, sampleIds };
}

function* metaColumns(
  file: Hdf5File,
  { group, ids, warnings }: { readonly group: string; readonly ids: Hdf5Dataset; readonly warnings: string[] },
): Generator<NamedColumn> {
  const [count] = ids.shape;
  for (const name of file.names(group) ?? []) {
    if (name === "id") continue;
    const column = file.dataset(`${group}/${name}`);
    if (!column || column.kind === "other" || column.shape.length !== 1) {
      warnings.push(`${group}/${name} is not a list of texts or numbers; it is left out`);
    } else if (column.shape[0] !== count) {
      throw new AppError("bad-data", {
        what: "a metadata field has another length than the ids",
        where: `${file.label}, ${column.path}`,
        expected: `${count} entries`,
        got: `${column.shape[0]}`,
      });
    } else {
      yield [name, metaColumn(column)];
    }
  }
}

function metaColumn(column: Hdf5Dataset): readonly string[] | Float64Array {
  if (column.kind === "text") return column.texts().map(metaText);
  const numbers = column.numbers();
  clearMissing(numbers);
  return numbers;
}

interface BothAxes {
  readonly genes: Axis;
  readonly samples: Axis;
}

function checkShape(label: string, matrix: Hdf5Dataset, { genes, samples }: BothAxes): void {
  const [rows = 0, columns = 0] = matrix.shape;
  if (rows === samples.ids.length && columns === genes.ids.length) return;
  const problems = [
    axisProblem(`${geneGroup}/id`, { ids: genes.ids, expected: columns, noun: "gene" }),
    axisProblem(`${sampleGroup}/id`, { ids: samples.ids, expected: rows, noun: "sample" }),
  ];
  const turned = rows === genes.ids.length && columns === samples.ids.length;
  throw new AppError("bad-data", {
    what: "ids do not fit the matrix",
    where: `${label}, ${matrixPath} [${rows} samples, ${columns} genes]`,
    examples: problems.filter((problem) => problem !== ""),
    advice: turned
      ? "The matrix is turned: GCTX stores samples as the first dimension. Write it transposed"
      : "Write the file again with one id for every row and column",
  });
}

function axisProblem(
  path: string,
  { ids, expected, noun }: { readonly ids: readonly string[]; readonly expected: number; readonly noun: string },
): string {
  if (ids.length === expected) return "";
  const detail = ids.length < expected ? `no id for ${noun} ${ids.length + 1}` : `no values for "${ids[expected]}"`;
  return `${path}: expected ${expected} ids, got ${ids.length}; ${detail}`;
}
