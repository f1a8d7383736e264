/** Gathers the values of a flag that may be given several times, as commander wants its parsers. */
export const repeatable = (value: string, before: readonly string[]): readonly string[] => [...before, value];
