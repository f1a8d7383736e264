import { elementCount } from "../../onnx/element.ts";
import { AppError } from "../../schemas/index.ts";
import type { QuantisedProduct } from "./int8.ts";
import { type Judgement, judge, type VariantSource } from "./judge.ts";
import type { VariantKind } from "./kinds.ts";
import { cellLimit, leastQuantisedShare } from "./limits.ts";

/** A variant that costs no more than its limit. */
export interface Admitted extends Judgement {
  readonly quantised: readonly QuantisedProduct[];
  /** Products that stay float32, with their error alone where products fell back: mean |difference|, z units. */
  readonly errors: ReadonlyMap<QuantisedProduct, number>;
}

const weightsOf = (products: readonly QuantisedProduct[]): number =>
  products.reduce((sum, { product }) => sum + elementCount(product.kernel.dims), 0);

const isWithin = ({ change, limit, measured }: Judgement, kind: VariantKind): boolean =>
  change <= limit && measured.maxRelative <= cellLimit[kind.precision];

/**
 * Writes the kind with all products quantised; where that costs too much, with as few as possible left in float32, those
 * with the largest error of their own first.
 * @param products the net's products that the kind can quantise.
 * @throws AppError `bad-model` when it costs too much still with half of the weights in float32.
 */
export async function admit(
  source: VariantSource,
  kind: VariantKind,
  products: readonly QuantisedProduct[],
): Promise<Admitted> {
  const whole = await judge(source, kind, products);
  if (isWithin(whole, kind)) return { ...whole, quantised: products, errors: new Map() };
  const errors = new Map<QuantisedProduct, number>();
  for (const product of products) errors.set(product, (await judge(source, kind, [product])).measured.meanDifference);
  const order = products.toSorted((a, b) => (errors.get(b) ?? 0) - (errors.get(a) ?? 0));
  const trial = async (kept: number) => {
    const left = new Set(order.slice(0, kept));
    const quantised = products.filter((product) => !left.has(product));
    return { kept, quantised, judgement: await judge(source, kind, quantised) };
  };
  // Fewer in float32 cost more, as far as errors tell: the least number that will do is found by halving.
  let best = await trial(mostKept(order));
  if (best.kept === 0 || !isWithin(best.judgement, kind)) throw refusal(kind, best.judgement);
  let last = best;
  for (let tooFew = 0; best.kept - tooFew > 1; ) {
    last = await trial(Math.floor((best.kept + tooFew) / 2));
    if (isWithin(last.judgement, kind)) best = last;
    else tooFew = last.kept;
  }
  // What was tried last is what is written.
  if (last !== best) best = await trial(best.kept);
  return { ...best.judgement, quantised: best.quantised, errors };
}

/** How many of the products, in this order, may stay float32 for the variant to be worth its file. */
function mostKept(order: readonly QuantisedProduct[]): number {
  const least = leastQuantisedShare * weightsOf(order);
  let kept = 0;
  while (kept < order.length - 1 && weightsOf(order.slice(kept + 1)) >= least) kept++;
  return kept;
}

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;

function refusal({ precision, label }: VariantKind, { change, limit, measured }: Judgement): AppError {
  const { rows, maxRelative } = measured;
  return new AppError("bad-model", {
    what: `the ${label} variant costs more accuracy than it may; nothing was written`,
    expected: `MAE up to ${percent(limit)} larger, no value further off than ${cellLimit[precision]} of 1 + |z|`,
    got: `${percent(change)} on ${rows} profiles, ${maxRelative.toPrecision(3)}`,
    advice: `Export without --precision ${precision}`,
  });
}
