/** Small nets around a layer. */
import { tfl } from "./tfjs.ts";

/** tfjs' constructors take camelCase; `gelu_new` is the exception. The type lists only some of the names. */
export const tfjsName = (name: string): "relu" =>
  (name === "gelu_new" ? name : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) as "relu";

/** A model with one input of the given features, made of the layer under test between two Dense layers where it fits. */
export type Case = () => tfl.LayersModel;

export const chain = (features: number[], ...layers: tfl.layers.Layer[]): tfl.LayersModel => {
  const input = tfl.input({ shape: features, name: "x" });
  const output = layers.reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, input);
  return tfl.model({ inputs: input, outputs: output, name: "net" });
};

export const merged = (layer: tfl.layers.Layer, shapes: number[][] = [[5], [5], [5]]): tfl.LayersModel => {
  const input = tfl.input({ shape: [6], name: "x" });
  const branches = shapes.map((shape) => {
    const units = shape.reduce((a, b) => a * b, 1);
    const branch = tfl.layers.dense({ units, activation: "tanh" }).apply(input);
    return tfl.layers.reshape({ targetShape: shape }).apply(branch) as tfl.SymbolicTensor;
  });
  return tfl.model({ inputs: input, outputs: layer.apply(branches) as tfl.SymbolicTensor, name: "net" });
};
