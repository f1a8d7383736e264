/** Small nets for the tests of training. */
import { Random } from "../../../data/random.ts";
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
