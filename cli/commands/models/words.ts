/** Lines of `label  text`, texts aligned; a fact without a text is left out. */
export function factLines(facts: readonly (readonly [string, string | undefined])[]): string[] {
  const width = Math.max(...facts.map(([label]) => label.length)) + 2;
  return facts.flatMap(([label, text]) => (text === undefined ? [] : [label.padEnd(width) + text]));
}

/** `1 file`, `3 files`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `512 B`, `3.4 kB`, `1.2 GB`: powers of 1,000. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** The start of a hash, as long as people need to tell two apart. */
export function shortHash(hash: string): string {
  return hash.slice(0, 12);
}
