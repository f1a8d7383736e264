import type { Random } from "../../data/random.ts";
import type { FieldValues, RecipeDraft } from "../../schemas/index.ts";

/** A value of a recipe's field. */
export type FieldValue = RecipeDraft[string];

/** Digits of a draw from the logarithmic range: engines differ in the last bits of powers, these do not show. */
const significantDigits = 6;
/** Steps of a uniform range, at least: more digits say nothing about a hyper-parameter. */
const decimalsBelowRange = 4;

const clamped = (value: number, [low, high]: readonly [number, number]): number => Math.max(low, Math.min(high, value));

/** Exponent of the first digit: 0.03 → −2. */
const magnitude = (value: number): number => Number(value.toExponential().split("e")[1]);

function uniform([low, high]: readonly [number, number], random: Random): number {
  const decimals = Math.min(100, Math.max(0, decimalsBelowRange - magnitude(high - low)));
  return clamped(Number((low + (high - low) * random.uniform()).toFixed(decimals)), [low, high]);
}

function logUniform([low, high]: readonly [number, number], random: Random): number {
  return clamped(Number((low * (high / low) ** random.uniform()).toPrecision(significantDigits)), [low, high]);
}

/** Draws a value: listed ones with equal chances, of a range as its name says. */
export function draw(values: FieldValues, random: Random): FieldValue {
  if ("choice" in values) return values.choice[random.integer(values.choice.length)] ?? null;
  if ("integer" in values) return values.integer[0] + random.integer(values.integer[1] - values.integer[0] + 1);
  if ("uniform" in values) return uniform(values.uniform, random);
  return logUniform(values["log-uniform"], random);
}

/** All values in order; undefined for a range of real numbers, which cannot be listed. */
export function listed(values: FieldValues): readonly FieldValue[] | undefined {
  if ("choice" in values) return values.choice;
  if (!("integer" in values)) return undefined;
  const [low, high] = values.integer;
  return Array.from({ length: high - low + 1 }, (_, at) => low + at);
}

/** Values that a recipe must allow if it is to allow all: the listed ones, or the ends of a range. */
export function extremes(values: FieldValues): readonly FieldValue[] {
  if ("choice" in values) return values.choice;
  if ("integer" in values) return values.integer;
  return "uniform" in values ? values.uniform : values["log-uniform"];
}
