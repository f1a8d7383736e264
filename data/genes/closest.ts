/**
 * The name that a misspelt one was probably meant to be.
 * @module
 */

/**
 * The closest of `names`: the same but for case, spaces and punctuation, else at most one letter off (two from six
 * letters on); of equally close ones the first.
 * @returns undefined where none is that close
 */
export function closestName(name: string, names: readonly string[]): string | undefined {
  const wanted = plain(name);
  if (wanted.length < 3) return undefined;
  let least = wanted.length < 6 ? 1 : 2;
  let closest: string | undefined;
  for (const candidate of names) {
    const other = plain(candidate);
    if (Math.abs(other.length - wanted.length) > least) continue;
    const distance = editDistance(wanted, other, least);
    if (distance > least || (distance === least && closest !== undefined)) continue;
    if (distance === 0) return candidate;
    least = distance;
    closest = candidate;
  }
  return closest;
}

function plain(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "");
}

/** Optimal string alignment distance: insertions, deletions, substitutions, swapped neighbours; above `most` it may be less. */
function editDistance(a: string, b: string, most: number): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
      least = Math.min(least, cost);
    }
    if (least > most) return least;
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
