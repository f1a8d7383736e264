/**
 * The frozen plan of an inference: everything that decides the output's bytes, and its block grid.
 * @module
 */
import { blockGrid } from "../data/read/block-grid.ts";
import type { ExpressionManifest, InferOptions, InferPlan, Precision } from "../schemas/index.ts";
import { codeVersion } from "../schemas/version.ts";
import { modelLabel } from "./output.ts";

/** What a plan is made of. */
export interface PlanParts {
  readonly manifest: ExpressionManifest;
  /** Which of the model's targets are inferred; all where absent. */
  readonly columns?: string | undefined;
  /** How the weights are stored; float32 where absent. */
  readonly precision?: Precision | undefined;
  readonly inputs: InferPlan["inputs"];
  readonly options: InferOptions;
  /** sha256 of the HGNC file with the gene names in use; absent: the shipped ones. */
  readonly hgnc?: string | undefined;
  /** How whole profiles are ranked; absent: none are. */
  readonly quantileRanks?: InferPlan["quantileRanks"];
  readonly provider: string;
  readonly shape: MatrixShape;
  /** Profiles a block; by default as many as give 24 MiB of output. */
  readonly blockRows?: number | undefined;
}

/** Shapes of input and output. */
export interface MatrixShape {
  readonly samples: number;
  /** Genes of the input. */
  readonly inputGenes: number;
  /** Genes of the output. */
  readonly outputGenes: number;
}

/** Output of a block that somebody asks for: one is computed, one written, and the runtime has its copy. */
const largestBlockBytes = 128 * 2 ** 20;
/**
 * Output of a block by default: 256 profiles of 22,268 genes. Blocks of 192 to 384 profiles were measured 10 to 14 %
 * faster than 1024 (978 → 3000 → 21,290, 2 cores): above 32 MiB glibc maps fresh pages for every output.
 */
const defaultBlockBytes = 24 * 2 ** 20;

/** Profiles a block when nobody asks for a number: at most 1024, in steps of 64 where that many fit. */
function defaultRows(outputGenes: number): number {
  const rows = Math.max(1, Math.floor(defaultBlockBytes / (4 * outputGenes)));
  return Math.min(1024, rows < 64 ? rows : rows - (rows % 64));
}

/** The plan but for its hash. @throws AppError `usage` for a number of rows that is none */
export function draftPlan({
  manifest,
  columns,
  precision = "fp32",
  inputs,
  options,
  hgnc,
  quantileRanks,
  provider,
  shape,
  blockRows,
}: PlanParts): Omit<InferPlan, "hash"> {
  const { samples, inputGenes, outputGenes } = shape;
  const grid = blockGrid({ blockRows: blockRows ?? defaultRows(outputGenes) }, { samples, genes: inputGenes });
  const rowsInLimit = Math.max(1, Math.floor(largestBlockBytes / (4 * outputGenes)));
  return {
    schemaVersion: 1,
    model: {
      ...modelLabel(manifest),
      contentHash: manifest.contentHash,
      ...(columns !== undefined && { columns }),
      ...(precision !== "fp32" && { precision }),
    },
    inputs,
    options,
    ...(hgnc !== undefined && { hgnc }),
    ...(quantileRanks !== undefined && { quantileRanks }),
    samples,
    rows: outputGenes,
    blockRows: Math.min(grid.blockRows, rowsInLimit),
    provider,
    codeVersion,
  };
}

/** JSON text of a value with keys in order: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const sorted = members.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join()}}`;
}

/** Blocks of a plan. */
export function blockCount({ samples, blockRows }: Pick<InferPlan, "samples" | "blockRows">): number {
  return Math.ceil(samples / blockRows);
}

/** Rows `[start, end)` of the blocks that are not done yet, neighbours joined: each range is one reading. */
export function openRanges(
  plan: Pick<InferPlan, "samples" | "blockRows">,
  isDone: (block: number) => boolean,
): { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (let block = 0; block < blockCount(plan); block += 1) {
    if (isDone(block)) continue;
    const start = block * plan.blockRows;
    const end = Math.min(plan.samples, start + plan.blockRows);
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}
