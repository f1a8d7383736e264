import type { EpochRow } from "../checkpoint.ts";
import type { HeldOutSet } from "./held-out-sets.ts";

/** MAE before the first epoch in the authors' code: what the first change is relative to. */
const initialMae = 10;

/** A column of MAE with its name in the log. */
interface MaeColumn {
  readonly name: string;
  readonly of: (epoch: EpochRow) => number | undefined;
}

/** MAE of an epoch on a set, by the first of its keys that was measured. */
export function setMae(epoch: EpochRow, { keys }: Pick<HeldOutSet, "keys">): number | undefined {
  return keys.map((key) => epoch.mae[key]).find((mae) => mae !== undefined);
}

/**
 * The log of D-GEX's authors (github.com/uci-cbcl/D-GEX, H1_0-4760.py): tab-separated, a line an epoch, MAE of every
 * set with its relative change, `learing_rate` [sic], whole seconds; then `MAE_<selection>_best : x`. Sets that were
 * not measured while training have no columns.
 * @param best smallest MAE by selection
 */
export function dgexLog(
  history: readonly EpochRow[],
  sets: readonly HeldOutSet[],
  best: readonly { readonly name: string; readonly mae: number }[],
): string {
  const all: MaeColumn[] = [
    ...sets.map((set): MaeColumn => ({ name: set.name, of: (epoch) => setMae(epoch, set) })),
    { name: "tr", of: ({ monitorMae }) => monitorMae },
  ];
  const columns = all.filter(({ of }) => history.some((epoch) => of(epoch) !== undefined));
  const names = columns.flatMap(({ name }) => [`MAE_${name}`, `MAE_${name}_change`]);
  const header = ["epoch", ...names, "learing_rate", "time(sec)"];
  const lines = history.map((epoch, at) => {
    const cells = columns.flatMap(({ of }) => {
      const before = history[at - 1];
      return maeCells(of(epoch), before === undefined ? initialMae : of(before));
    });
    return [String(epoch.epoch), ...cells, epoch.learningRate.toFixed(5), String(Math.floor(epoch.seconds))];
  });
  const trailer = best.map(({ name, mae }) => [`MAE_${name}_best : ${mae.toFixed(6)}`]);
  return [header, ...lines, ...trailer].map((cells) => `${cells.join("\t")}\n`).join("");
}

function maeCells(mae: number | undefined, before: number | undefined): [string, string] {
  if (mae === undefined) return ["nan", "nan"];
  return [mae.toFixed(6), before === undefined ? "nan" : ((mae - before) / before).toFixed(6)];
}
