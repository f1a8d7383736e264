import type { Random } from "../random.ts";

/** What a study does to its profiles. */
export interface StudyEffect {
  readonly study: number;
  /** Mean activity of every programme: each study looks at other tissues. */
  readonly programmes: Float64Array;
  /** Batch effect per gene in units of its sd: z → scale · z + shift. */
  readonly shift: Float64Array;
  readonly scale: Float64Array;
}

/** Draws a study's effects from a stream of its own, so that they need not be kept. */
export function drawStudyEffect(
  study: number,
  { random, programmes, genes }: { readonly random: Random; readonly programmes: number; readonly genes: number },
): StudyEffect {
  return {
    study,
    programmes: Float64Array.from({ length: programmes }, () => 0.6 * random.normal()),
    shift: Float64Array.from({ length: genes }, () => 0.2 * random.normal()),
    scale: Float64Array.from({ length: genes }, () => 1 + 0.2 * (random.uniform() - 0.5)),
  };
}
