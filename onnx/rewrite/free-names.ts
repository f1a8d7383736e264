/** Names of a graph's values; new ones are derived from a stem, so that the same rewriting gives the same names. */
export class FreeNames {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** The stem, or the first of `stem_1`, `stem_2`, … that is free; taken from now on. */
  take(stem: string): string {
    let name = stem;
    for (let count = 1; this.#taken.has(name); count++) name = `${stem}_${count}`;
    this.#taken.add(name);
    return name;
  }
}
