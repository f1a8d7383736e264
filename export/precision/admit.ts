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
 * Writes the kind with all products quantised; while that costs too much, the product whose own error is the largest
 * falls back to float32.
 * @param products the net's products that the kind can quantise; none for a kind that stores all.
 * @throws AppError `bad-model` when it costs too much still with half of the weights in float32.
 */
export async function admit(
  source: VariantSource,
  kind: VariantKind,
  products: readonly QuantisedProduct[],
): Promise<Admitted> {
  const all = weightsOf(products);
  const errors = new Map<QuantisedProduct, number>();
  let quantised = products;
  for (;;) {
    const judgement = await judge(source, kind, quantised);
    if (isWithin(judgement, kind)) return { ...judgement, quantised, errors };
    if (quantised.length > 1 && errors.size === 0)
      for (const product of products)
        errors.set(product, (await judge(source, kind, [product])).measured.meanDifference);
    const worst = quantised.toSorted((a, b) => (errors.get(b) ?? 0) - (errors.get(a) ?? 0))[0];
    quantised = quantised.filter((product) => product !== worst);
    if (quantised.length === 0 || weightsOf(quantised) < leastQuantisedShare * all) throw refusal(kind, judgement);
  }
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
