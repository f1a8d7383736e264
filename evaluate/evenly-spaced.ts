/** Which of `all` ordinals are taken, `taken` of them: evenly spaced, whatever the blocks that they come in. */
export interface Spacing {
  readonly taken: number;
  readonly all: number;
}

/** The place of an ordinal among those taken, undefined where it is not: places 0 … taken − 1 are met in their order. */
export function placeOf(ordinal: number, { taken, all }: Spacing): number | undefined {
  if (ordinal >= all) return undefined;
  const place = Math.floor((ordinal * taken) / all);
  return Math.floor(((ordinal + 1) * taken) / all) > place ? place : undefined;
}
