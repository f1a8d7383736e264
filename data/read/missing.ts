/**
 * Marks of a missing value. Besides NaN, the L1000 tools write the number -666 (cmapPy `convert_neg_666`), in the
 * matrix as in metadata.
 * @module
 */

/** The number that stands for "missing" in every L1000 format. */
export const missingNumber = -666;

/** What a metadata text means: "" for a mark of a missing value, else itself. `NA` stays, for it may be a site code. */
export function metaText(text: string): string {
  return text === "-666" || text === "NaN" || text === "nan" ? "" : text;
}

/** Replaces -666 by NaN in place. */
export function clearMissing(values: Float32Array | Float64Array): void {
  // Three times as fast as a loop over a matrix without any.
  for (let at = values.indexOf(missingNumber); at >= 0; at = values.indexOf(missingNumber, at + 1)) {
    values[at] = Number.NaN;
  }
}

/**
 * True for a cell that says "no value": blank, NA, NaN or null in any case. (-666 is a number and handled as one.)
 * The cell is `bytes[start, end)`, blanks around it already left out.
 */
export function isMissingMark(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  return missingMarks.some((mark) => mark.length === end - start && isMark(bytes, start, mark));
}

/** In lower case, as codes. */
const missingMarks = ["na", "nan", "null"].map((mark) => Uint8Array.from(mark, (char) => char.charCodeAt(0)));

function isMark(bytes: Uint8Array, start: number, mark: Uint8Array): boolean {
  // Setting the bit 32 makes a letter lower case.
  return mark.every((code, index) => ((bytes[start + index] as number) | 32) === code);
}
