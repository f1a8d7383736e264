/** Share of the training rows that an epoch may leave out without a word. */
const unsaidShare = 0.05;

/** A note where every epoch leaves many rows out, since a batch is never partly filled; `undefined` where it does not. */
export function leftOutNote(rows: number, batchSize: number): string | undefined {
  const left = rows % batchSize;
  if (left <= unsaidShare * rows) return undefined;
  const fitting = Math.floor(rows / Math.ceil(rows / batchSize));
  return (
    `${left} of ${rows} training profiles are left out of every epoch, others each time as they are shuffled: they do ` +
    `not fill a batch of ${batchSize}; with optimisation.batchSize ${fitting} it is ${rows % fitting}`
  );
}
