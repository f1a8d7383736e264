import { sha256 } from "../../data/node/hash.ts";
import { Random } from "../../data/random.ts";
import { AppError } from "../../schemas/errors.ts";
import type { RecipeDraft, SearchSpace } from "../../schemas/index.ts";
import { draw, type FieldValue, listed } from "./draw.ts";

/** More are a mistake in the space: a training takes seconds at least. */
const mostTrials = 10_000;
/** Draws in a row that were all there already before a random search is taken to have met every combination. */
const patience = 1000;

type Values = readonly (readonly [field: string, values: readonly FieldValue[]])[];

/** Every combination, the last field varying fastest. @throws AppError `usage` for ranges of real numbers. */
function grid({ space }: SearchSpace): RecipeDraft[] {
  const fields = Object.entries(space);
  const ranges = fields.filter(([, values]) => listed(values) === undefined).map(([field]) => field);
  if (ranges.length > 0)
    throw new AppError("usage", {
      what: "a grid cannot list the values of a range",
      where: ranges.join(", "),
      advice: 'List them, {"choice": […]}, or search with "strategy": "random"',
    });
  const values: Values = fields.map(([field, one]) => [field, listed(one) ?? []]);
  const size = values.reduce((product, [, list]) => product * list.length, 1);
  if (size > mostTrials) throw tooMany(size);
  return values.reduce<RecipeDraft[]>(
    (all, [field, list]) => all.flatMap((one) => list.map((value) => ({ ...one, [field]: value }))),
    [{}],
  );
}

/** A field's own sequence of the seed: another field more or less changes no draw. */
const streamOf = (field: string): number => Number.parseInt(sha256(field).slice(0, 12), 16);

/** Distinct draws in the order drawn: more trials begin with the same ones. Fewer where the space has no more. */
function random({ space, seed, trials = 0 }: SearchSpace): RecipeDraft[] {
  if (trials > mostTrials) throw tooMany(trials);
  const fields = Object.entries(space).map(([field, values]) => ({
    field,
    values,
    numbers: new Random(seed, streamOf(field)),
  }));
  const drawn = new Map<string, RecipeDraft>();
  let inVain = 0;
  while (drawn.size < trials && inVain < patience) {
    const one = Object.fromEntries(fields.map(({ field, values, numbers }) => [field, draw(values, numbers)]));
    const name = JSON.stringify(one);
    inVain = drawn.has(name) ? inVain + 1 : 0;
    drawn.set(name, one);
  }
  return [...drawn.values()];
}

const tooMany = (got: number): AppError =>
  new AppError("usage", {
    what: "too many trials",
    expected: `at most ${mostTrials}`,
    got: String(got),
    advice: 'Vary fewer values, or draw some with "strategy": "random"',
  });

/**
 * The values that each trial gives the fields of a space; the same space gives the same list everywhere.
 * @throws AppError `usage` for a range in a grid, or more than 10,000 trials.
 */
export function combinations(space: SearchSpace): RecipeDraft[] {
  return space.strategy === "grid" ? grid(space) : random(space);
}
