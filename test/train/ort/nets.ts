/** Small nets for the tests of training. */
import { Random } from "../../../data/random.ts";
import { Optimisation } from "../../../schemas/index.ts";
import type { DenseLayer, DropoutLayer, LayersModel } from "../../../train/layers-model.ts";

/** Seeded normal values. */
export function normals(count: number, seed: number, sd = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => sd * random.normal());
}

/** A chain of Dense layers with tanh between them, weights normal with variance 1/inputs, biases not 0. */
export function tanhNet(widths: readonly number[], { dropout = 0 }: { readonly dropout?: number } = {}): LayersModel {
  const layers = widths.slice(1).flatMap((units, at): (DenseLayer | DropoutLayer)[] => {
    const inputs = widths[at] ?? 0;
    const dense: DenseLayer = {
      kind: "dense",
      name: `dense_${at}`,
      units,
      activation: at === widths.length - 2 ? "linear" : "tanh",
      kernel: normals(inputs * units, 10 + at, 1 / Math.sqrt(inputs)),
      bias: normals(units, 20 + at, 0.1),
    };
    return at > 0 && dropout > 0 ? [{ kind: "dropout", name: `drop_${at}`, rate: dropout }, dense] : [dense];
  });
  return { name: "net", inputs: widths[0] ?? 0, layers };
}

/** Only the Dense layers. */
export function denseLayers({ layers }: LayersModel): readonly DenseLayer[] {
  return layers.filter((layer) => layer.kind === "dense");
}

/** The weights of a chain by `<layer>/<weight>`. */
export function weightsByName(model: LayersModel): Map<string, Float32Array> {
  const weights = denseLayers(model).flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
    [`${name}/kernel`, kernel],
    [`${name}/bias`, bias],
  ]);
  return new Map(weights);
}

/** An optimisation of few rows a batch, by SGD with momentum and squared error unless told. */
export function optimisation(more: Partial<Optimisation> = {}): Optimisation {
  return Optimisation.parse({
    loss: { kind: "squared" },
    optimiser: { kind: "momentum", momentum: 0.5 },
    learningRate: 0.01,
    epochs: 6,
    batchSize: 8,
    ...more,
  });
}

/** The largest difference of two lists, NaN where their lengths differ. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Math.max(
    a.length === b.length ? 0 : Number.NaN,
    ...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? Number.NaN))),
  );
}
