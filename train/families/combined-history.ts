import type { EpochRow } from "../checkpoint.ts";

/** One net's epochs, and its part in what several nets come to. */
export interface HistoryPart {
  readonly history: readonly EpochRow[];
  /** Of the errors; shares add up to 1. */
  readonly share: number;
  /** Of the loss: 1 for nets of different targets, whose losses are sums over targets. */
  readonly lossShare: number;
}

/**
 * The epochs of nets that were trained one after the other as if side by side: errors and losses added up by shares,
 * seconds added. A net that was over counts with its last epoch, and no more time.
 */
export function combinedHistory(parts: readonly HistoryPart[]): EpochRow[] {
  const epochs = Math.max(0, ...parts.map(({ history }) => history.length));
  return Array.from({ length: epochs }, (_, index) => {
    const rows = parts.flatMap(({ history, share, lossShare }) => {
      const row = history[Math.min(index, history.length - 1)];
      return row === undefined ? [] : [{ row, share, lossShare, isOver: index >= history.length }];
    });
    const sum = (value: (row: EpochRow) => number): number =>
      rows.reduce((total, { row, share }) => total + share * value(row), 0);
    const running = rows.filter(({ isOver }) => !isOver).map(({ row }) => row);
    const names = Object.keys(rows[0]?.row.mae ?? {});
    const validated = rows.every(({ row }) => row.validationMae !== undefined);
    return {
      epoch: index + 1,
      loss: rows.reduce((total, { row, lossShare }) => total + lossShare * row.loss, 0),
      ...(validated && { validationMae: sum(({ validationMae = Number.NaN }) => validationMae) }),
      monitorMae: sum(({ monitorMae }) => monitorMae),
      mae: Object.fromEntries(names.map((name) => [name, sum(({ mae }) => mae[name] ?? Number.NaN)])),
      learningRate: running[0]?.learningRate ?? 0,
      seconds: running.reduce((total, { seconds }) => total + seconds, 0),
      samplesPerSecond: 1 / running.reduce((total, { samplesPerSecond }) => total + 1 / samplesPerSecond, 0),
    };
  });
}
