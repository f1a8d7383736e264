/**
 * Columns of values `[rows, width]` as `[rows, columns]`, in the order asked for: the values themselves where that is all
 * of them in their order, a copy otherwise. NaN for a column that there is none of.
 */
export function pickColumns(values: Float32Array, rows: number, columns: Int32Array): Float32Array {
  const width = rows === 0 ? 0 : values.length / rows;
  if (columns.length === width && columns.every((column, place) => column === place)) return values;
  const picked = new Float32Array(rows * columns.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns.length; c++)
      picked[r * columns.length + c] = values[r * width + (columns[c] ?? Number.NaN)] ?? Number.NaN;
  return picked;
}
