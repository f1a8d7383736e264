/** A number with its noun, in the plural where there is not exactly one: `1 gene`, `2 genes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The first names of a list for a message, and that there are more. */
export function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`;
}
