/** Some columns of a row-major matrix `[rows, width]`, side by side `[rows, columns.length]`. */
export function takeColumns(matrix: Float32Array, width: number, columns: Int32Array): Float32Array {
  const taken = new Float32Array((matrix.length / width) * columns.length);
  copyColumns(matrix, { width, columns }, taken);
  return taken;
}

/** The same of a float64 matrix. */
export function takeExactColumns(matrix: Float64Array, width: number, columns: Int32Array): Float64Array {
  const taken = new Float64Array((matrix.length / width) * columns.length);
  copyColumns(matrix, { width, columns }, taken);
  return taken;
}

function copyColumns<T extends Float32Array | Float64Array>(
  matrix: T,
  { width, columns }: { readonly width: number; readonly columns: Int32Array },
  into: T,
): void {
  for (let start = 0, at = 0; start < matrix.length; start += width)
    for (let c = 0; c < columns.length; c++) into[at++] = matrix[start + columns[c]!]!;
}

/** Writes columns `[rows, columns.length]` to their places in a matrix `[rows, width]`. */
export function putColumns(
  into: Float32Array,
  width: number,
  part: { columns: Int32Array; values: Float32Array },
): void {
  const { columns, values } = part;
  const rows = into.length / width;
  for (let r = 0, at = 0; r < rows; r++)
    for (let c = 0; c < columns.length; c++) into[r * width + columns[c]!] = values[at++]!;
}

/** Means of the columns of a matrix of that width. */
export function columnMeans(matrix: Float32Array | Float64Array, width: number): Float64Array {
  const means = new Float64Array(width);
  const rows = matrix.length / width;
  for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < width; c++) means[c]! += matrix[at++]! / rows;
  return means;
}

/** Numbers from `start` on, in lists of at most `length`. */
export function inLists(values: Int32Array, length: number): Int32Array[] {
  const count = Math.ceil(values.length / length);
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}
