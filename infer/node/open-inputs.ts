/**
 * The inputs of a job, opened and aligned to its model.
 * @module
 */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { parseGrp } from "../../data/dataset/selection.ts";
import { joinSources } from "../../data/joined-source.ts";
import { openExpression } from "../../data/node/open.ts";
import type { OpenOptions } from "../../data/read/open.ts";
import { chooseSamples, parseSampleFilter, type SampleFilter } from "../../data/sample-filter.ts";
import type { Axis, ExpressionSource } from "../../data/source.ts";
import { SourcePool } from "../../data/source-pool.ts";
import { AppError, type InferOptions } from "../../schemas/index.ts";
import { type InputPlan, type PlannedModel, planInput } from "../input-plan.ts";
import { type GeneLayout, joinInputs } from "../joined-input.ts";
import type { SurveyPart } from "../survey.ts";

/** What to open, and what for. */
export interface InputRequest extends OpenOptions {
  readonly model: PlannedModel;
  readonly paths: readonly string[];
  readonly options: InferOptions;
  /** Which samples; all by default. */
  readonly filter?: SampleFilter | undefined;
}

/** Inputs as one source; disposing of the source closes all files. */
export interface OpenedInputs {
  readonly source: ExpressionSource;
  readonly input: InputPlan;
  /** The files in the order of their samples. */
  readonly parts: readonly SurveyPart[];
}

/**
 * Opens the inputs of a job and finds the model's landmarks in each of them by itself. A single file is taken as it is;
 * several are joined, and so are the chosen samples of one.
 * @throws AppError `no-input`, `bad-data`, and `usage` for a filter that chooses nothing
 */
export async function openInputs(request: InputRequest): Promise<OpenedInputs> {
  const { model, paths, options, filter, ...how } = request;
  const [path] = paths;
  if (path === undefined) throw new Error("no input to open");
  if (paths.length > 1 || filter !== undefined) return await openJoined(request);
  const source = await openExpression(path, how);
  try {
    const { label, genes, samples } = source;
    const input = planInput({ genes, label, options }, model);
    return { source, input, parts: [{ label, rows: samples.ids.length }] };
  } catch (error) {
    await source[Symbol.asyncDispose]();
    throw error;
  }
}

/** A file whose axes are known. */
interface KnownFile {
  readonly index: number;
  readonly label: string;
  readonly format: ExpressionSource["format"];
  readonly genes: Axis;
  readonly samples: Axis;
  readonly warnings: readonly string[];
}

async function openJoined({ model, paths, options, filter, ...how }: InputRequest): Promise<OpenedInputs> {
  const pool = new SourcePool((index) => openExpression(paths[index] ?? "", how));
  try {
    const files = await knownFiles(paths, pool);
    const chosen = filter && chooseSamples(filter, files);
    const taken = files.filter(({ index }) => chosen?.rows[index]?.length !== 0);
    const layouts = new Layouts(model, options);
    const parts = taken.map((file) => ({ ...file, rows: chosen?.rows[file.index], layout: layouts.of(file) }));
    const label = taken.length === 1 ? (taken[0]?.label ?? "") : `${taken[0]?.label} and ${taken.length - 1} more`;
    const joined = joinInputs(layouts.all, model, { label, options });
    const source = joinSources({
      parts: parts.map(({ index, layout, ...part }) => ({
        ...part,
        use: () => pool.use(index),
        gather: (block) =>
          joined.gather(block, layout, part.rows === undefined ? part.label : `${part.label}, chosen samples`),
      })),
      genes: joined.genes,
      warnings: [
        ...(chosen?.warnings ?? []),
        ...files.flatMap(({ label: own, warnings }) => warnings.map((warning) => `${own}: ${warning}`)),
        ...parts.flatMap(({ label: own, layout }) => lackWarning(own, layout, joined.input)),
      ],
      close: () => pool[Symbol.asyncDispose](),
    });
    const survey = parts.map(({ label: own, rows, samples }) => ({
      label: own,
      rows: rows?.length ?? samples.ids.length,
    }));
    return { source, input: joined.input, parts: survey };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

/** The axes of all files. Plates of one project have the same genes: those are kept once. */
async function knownFiles(paths: readonly string[], pool: SourcePool): Promise<KnownFile[]> {
  const files: KnownFile[] = [];
  const distinct: Axis[] = [];
  for (const index of paths.keys()) {
    const { label, format, genes, samples, warnings } = await pool.use(index);
    const known = distinct.find((axis) => isSameAxis(axis, genes));
    if (known === undefined) distinct.push(genes);
    files.push({ index, label, format, genes: known ?? genes, samples, warnings });
  }
  return files;
}

function isSameAxis(one: Axis, other: Axis): boolean {
  const same = (a: ArrayLike<unknown>, b: ArrayLike<unknown> | undefined): boolean => {
    if (a.length !== b?.length) return false;
    for (let i = 0; i < a.length; i += 1) if (!Object.is(a[i], b[i])) return false;
    return true;
  };
  if (one.fields.size !== other.fields.size || !same(one.ids, other.ids)) return false;
  return [...one.fields].every(([name, column]) => same(column, other.fields.get(name)));
}

/** Plans by layout of genes: each layout is aligned once, however many files have it. */
class Layouts {
  readonly #model: PlannedModel;
  readonly #options: InferOptions;
  readonly #byGenes = new Map<Axis, GeneLayout>();

  constructor(model: PlannedModel, options: InferOptions) {
    this.#model = model;
    this.#options = options;
  }

  /** @throws AppError `bad-data` as `planInput`, naming the first file with the layout */
  of({ genes, label }: KnownFile): GeneLayout {
    const known = this.#byGenes.get(genes);
    if (known !== undefined) return known;
    const layout = { genes, plan: planInput({ genes, label, options: this.#options }, this.#model) };
    this.#byGenes.set(genes, layout);
    return layout;
  }

  get all(): readonly GeneLayout[] {
    return [...this.#byGenes.values()];
  }
}

/** What a file lacks that another one has: its profiles get imputed inputs. */
function lackWarning(label: string, { plan }: GeneLayout, { alignment }: InputPlan): string[] {
  const everywhere = new Set(alignment.missing);
  const lacking = plan.alignment.missing.filter((id) => !everywhere.has(id));
  if (lacking.length === 0) return [];
  const shown = `${lacking.slice(0, 5).join(", ")}${lacking.length > 5 ? ", …" : ""}`;
  return [`${label} lacks ${lacking.length} landmarks that other inputs have (${shown}); they are imputed there`];
}

/**
 * Reads a choice of samples: `meta:FIELD`, `meta:FIELD=VALUE`, or a file with one sample id a line.
 * @throws AppError `usage`, `no-input` when the list cannot be read, `bad-data` when it is empty
 */
export async function readSampleFilter(text: string): Promise<SampleFilter> {
  const parsed = parseSampleFilter(text);
  if (parsed.by === "meta") return parsed;
  const { path } = parsed;
  const content = await readFile(path, "utf8").catch((cause: unknown) => {
    const got = (cause as Error).message;
    throw new AppError("no-input", { what: "the list of samples cannot be read", where: path, got }, { cause });
  });
  const ids = parseGrp(content);
  if (ids.length > 0) return { by: "list", label: basename(path), ids };
  throw new AppError("bad-data", { what: "the list names no sample", where: path, expected: "one sample id a line" });
}
