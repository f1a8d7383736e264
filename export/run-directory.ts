import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseGenesTable } from "../data/genes-table.ts";
import { sha256 } from "../data/node/hash.ts";
import { AppError, type GeneRecord, TrainingRun } from "../schemas/index.ts";

/** A training run as read from its directory, except for the net in `tfjs/`. */
export interface RunDirectory {
  readonly path: string;
  readonly run: TrainingRun;
  readonly genes: readonly GeneRecord[];
  /** Principal components of the training landmarks in z units `[components, L]`. */
  readonly components: Float32Array;
  /** sha256 of `genes.tsv`, and {@link runHash}: the graph's metadata names them. */
  readonly hashes: { readonly genes: string; readonly run: string };
}

async function readPart(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new AppError(
      "no-input",
      {
        what: "a file of the run cannot be read",
        where: path,
        got: (cause as Error).message,
        advice: "Give the folder that `landfall train -o` wrote",
      },
      { cause },
    );
  }
}

function parseRun(bytes: Uint8Array, where: string): TrainingRun {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AppError("bad-data", { what: "is not JSON", where, got: (cause as Error).message }, { cause });
  }
  const parsed = TrainingRun.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new AppError("bad-data", {
    what: "is not the record of a training run",
    where,
    examples: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
  });
}

/** Lengths that must agree, by what they belong to: [name, got, expected]. */
function lengthProblems({ run, genes }: Pick<RunDirectory, "run" | "genes">, bytes: Record<string, number>): string[] {
  const { transform, inputProfile, ood } = run;
  const l = transform.landmarks.mean.length;
  const t = transform.targets.mean.length;
  const lengths: readonly (readonly [string, number, number])[] = [
    ["transform.landmarks.sd", transform.landmarks.sd.length, l],
    ["transform.targets.sd", transform.targets.sd.length, t],
    ["inputProfile.quantiles", inputProfile.quantiles.length, l],
    ["inputProfile.reference", inputProfile.reference.length, l],
    ["ood.variances", ood.variances.length, ood.components],
    ["genes.tsv landmarks", genes.filter(({ role }) => role === "landmark").length, l],
    ["genes.tsv targets", genes.filter(({ role }) => role === "target").length, t],
    ["bytes of landmarks.stats.f32", bytes["stats"] ?? 0, 4 * l * (l + 1)],
    ["bytes of ood.f32", bytes["ood"] ?? 0, 4 * l * ood.components],
  ];
  const wrong = lengths.filter(([, got, expected]) => got !== expected);
  const ragged = inputProfile.quantiles.filter((row) => row.length !== inputProfile.probabilities.length).length;
  return [
    ...wrong.map(([name, got, expected]) => `${name}: ${got} instead of ${expected}`),
    ...(ragged > 0 ? [`inputProfile.quantiles: ${ragged} rows are not as long as the probabilities`] : []),
  ];
}

/** sha256 of what a run is, without when and how fast it was made: the same training again gives the same model. */
export function runHash(run: TrainingRun): string {
  return sha256(JSON.stringify({ ...run, startedAt: undefined, seconds: undefined }));
}

/**
 * Reads a run directory and checks that its parts belong together.
 * @throws AppError `no-input` for a missing file, `bad-data` for one that is damaged, or when lengths disagree (all
 * disagreements at once).
 */
export async function readRunDirectory(path: string): Promise<RunDirectory> {
  const [runBytes, geneBytes, stats, ood] = (await Promise.all(
    ["run.json", "genes.tsv", "landmarks.stats.f32", "ood.f32"].map((file) => readPart(join(path, file))),
  )) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const run = parseRun(runBytes, join(path, "run.json"));
  const genes = parseGenesTable(new TextDecoder().decode(geneBytes), join(path, "genes.tsv"));
  const examples = lengthProblems({ run, genes }, { stats: stats.length, ood: ood.length });
  if (examples.length > 0)
    throw new AppError("bad-data", {
      what: "the parts of the run do not belong together",
      where: path,
      examples,
      advice: "Train again, or copy the whole folder",
    });
  // A copy: a small file's bytes lie unaligned in Node's shared buffer.
  const components = new Float32Array(Uint8Array.from(ood).buffer);
  return { path, run, genes, components, hashes: { genes: sha256(geneBytes), run: runHash(run) } };
}
