/**
 * What a run of D-GEX leaves in the authors' form (github.com/uci-cbcl/D-GEX): a log, and of every selection the best
 * net with its predictions of held-out rows. Their pickled nets are tfjs folders here.
 * @module
 */
import { mkdir, open } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { cellText } from "../../data/dataset/cohorts.ts";
import { writeAtomic, writeError, writeFileAtomic } from "../../data/node/atomic.ts";
import type { Axis } from "../../data/source.ts";
import { npyPieces } from "../../data/write/npy.ts";
import { tabbed, tableCell } from "../../data/write/table-cell.ts";
import type { DgexRecipe, OnProgress } from "../../schemas/index.ts";
import type { EpochRow } from "../checkpoint.ts";
import type { LayersModel } from "../layers-model.ts";
import { writeTfjs } from "../run-directory.ts";
import type { PredictZ, TrainingData } from "../standardised.ts";
import type { KeptNet } from "../trained-net.ts";
import { dgexLog, setMae } from "./dgex-log.ts";
import { type HeldOutSet, heldOutSets, selectionOf } from "./held-out-sets.ts";

/** What {@link writeDgexOutputs} writes, and from what. */
export interface DgexOutputs {
  /** Made where it is missing. */
  readonly folder: string;
  /** Begins every file's name; {@link dgexBase} makes the authors'. */
  readonly base: string;
  readonly history: readonly EpochRow[];
  readonly kept: readonly KeptNet[];
  /** The net with the weights of a kept one. */
  readonly model: (kept: KeptNet) => LayersModel;
  /** Opens the net for predictions; disposed of when its files are written. */
  readonly predict: (kept: KeptNet) => Promise<AsyncDisposable & { readonly predictZ: PredictZ }>;
  readonly data: Pick<TrainingData, "targets" | "cohortsOf" | "blocks">;
  /** The dataset's samples, with `lf_split` and `lf_cohort`. */
  readonly samples: Axis;
  readonly onProgress: OnProgress;
}

/**
 * The authors' name of a run: units, `H` and hidden layers, targets `[start, end)`, per cent of units kept by dropout;
 * `9000_H1_0-4760_75`.
 */
export function dgexBase(
  { hidden, dropout }: Pick<DgexRecipe, "hidden" | "dropout">,
  { start, end }: { readonly start: number; readonly end: number },
): string {
  const units = [...new Set(hidden)].join("-");
  return `${units}_H${hidden.length}_${start}-${end}_${Math.round(100 * (1 - dropout))}`;
}

function rowsOf({ fields, ids }: Axis, { split, cohort }: HeldOutSet): { row: number; id: string }[] {
  const [splits, cohorts] = [fields.get("lf_split"), fields.get("lf_cohort")];
  return ids.flatMap((id, row) => {
    const belongs = cellText(splits, row) === split && (cohort === undefined || cellText(cohorts, row) === cohort);
    return belongs ? [{ row, id }] : [];
  });
}

async function* predictions(
  { data, onProgress }: DgexOutputs,
  { set, rows, phase }: { readonly set: HeldOutSet; readonly rows: number; readonly phase: string },
  predictZ: PredictZ,
): AsyncGenerator<Float32Array> {
  let done = 0;
  for await (const block of data.blocks(set.split, set.cohort)) {
    yield await predictZ(block.landmarks, block.rows);
    done += block.rows;
    onProgress({ phase, done, total: rows, unit: "profiles" });
  }
}

/** `[rows, targets]` float32 z units, rows in the dataset's order, written as they are predicted. */
async function writePredictions(path: string, options: DgexOutputs, of: { set: HeldOutSet; predictZ: PredictZ }) {
  const rows = rowsOf(options.samples, of.set).length;
  const blocks = predictions(options, { set: of.set, rows, phase: `predict ${of.set.name}` }, of.predictZ);
  await writeAtomic(path, async (temporary) => {
    await using file = await open(temporary, "wx");
    await pipeline(npyPieces({ rows, columns: options.data.targets }, blocks), file.createWriteStream());
  });
}

/** Which sample each row of a set's predictions is: its row in the dataset, counted from 0, and its id. */
function rowTable(samples: Axis, set: HeldOutSet): string {
  const lines = rowsOf(samples, set).map(({ row, id }) => `${row}\t${tableCell(id, tabbed)}\n`);
  return `row\tid\n${lines.join("")}`;
}

/**
 * Writes, with `<base>` before each name: `.log`; for every selection `_best<selection>_model/` (tfjs), and
 * `_best<selection>_Y_<set>_hat.npy` of the set it was selected on and of every test set; `_Y_<set>.rows.tsv` with the
 * samples of a set. Without validation rows the net of the last epoch is `_last`. Columns of predictions are the targets of the run's `genes.tsv`, in its order.
 * @returns the names written, ascending
 * @throws AppError `cannot-create` when the file system refuses; as the data and the prediction do.
 */
export async function writeDgexOutputs(options: DgexOutputs): Promise<string[]> {
  const { folder, base, history, kept, samples, data } = options;
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw writeError(error, folder);
  });
  const sets = heldOutSets((split) => data.cohortsOf(split));
  const names: string[] = [];
  const at = (suffix: string): string => {
    names.push(`${base}${suffix}`);
    return join(folder, `${base}${suffix}`);
  };
  const selections = kept.map((net) => ({ net, ...selectionOf(net.name, sets) }));
  const best = selections.flatMap(({ net, name, set }) => {
    const ofSet = history.flatMap((epoch) => (set && setMae(epoch, set)) ?? []);
    const mae = net.validationMae ?? ofSet.toSorted((a, b) => a - b)[0];
    return mae === undefined ? [] : [{ name, mae }];
  });
  await writeFileAtomic(at(".log"), dgexLog(history, sets, best));
  for (const set of sets) await writeFileAtomic(at(`_Y_${set.name}.rows.tsv`), rowTable(samples, set));
  for (const { net, name, set } of selections) {
    const prefix = net.name === "last" ? "_last" : `_best${name}`;
    await writeTfjs(at(`${prefix}_model`), options.model(net));
    const predicted = [...(set ? [set] : []), ...sets.filter(({ split }) => split === "test")];
    await using prediction = await options.predict(net);
    for (const one of predicted)
      await writePredictions(at(`${prefix}_Y_${one.name}_hat.npy`), options, {
        set: one,
        predictZ: prediction.predictZ,
      });
  }
  return names.toSorted();
}
