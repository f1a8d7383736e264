/** Numbers the groups of samples in the order in which they are met. */
export class GroupIndex {
  /** The metadata column that names the groups. */
  readonly field: string;
  readonly names: string[] = [];
  readonly #of: (sampleIndex: number) => string;
  readonly #numbers = new Map<string, number>();

  constructor(field: string, of: (sampleIndex: number) => string) {
    this.field = field;
    this.#of = of;
  }

  /** The group number of each sample; a new array as long as `sampleIndices`. */
  unitsOf(sampleIndices: Int32Array): Int32Array {
    return sampleIndices.map((sample) => this.#numberOf(this.#of(sample)));
  }

  #numberOf(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}
