/** Steps of SGD with momentum on a tanh net, written by hand in float64 without graphs: the oracle. */

import type { LayersModel } from "../../../train/layers-model.ts";
import { drawKey } from "../../../train/ort/counter-hash.ts";
import { dropoutDraw, randomMaskValues } from "../../../train/ort/random-mask.ts";
import { denseLayers } from "./nets.ts";

/** One Dense layer with its state; `kernel` is `[inputs, units]`. */
export interface ReferenceLayer {
  readonly inputs: number;
  readonly units: number;
  readonly kernel: Float64Array;
  readonly bias: Float64Array;
  readonly kernelVelocity: Float64Array;
  readonly biasVelocity: Float64Array;
  readonly isLinear: boolean;
  /** Dropout of its inputs. */
  readonly dropout: number;
}

export function referenceNet(model: LayersModel): ReferenceLayer[] {
  const drop = model.layers.find((layer) => layer.kind === "dropout")?.rate ?? 0;
  return denseLayers(model).map(({ units, kernel, bias, activation }, at) => ({
    inputs: kernel.length / units,
    units,
    kernel: Float64Array.from(kernel),
    bias: Float64Array.from(bias),
    kernelVelocity: new Float64Array(kernel.length),
    biasVelocity: new Float64Array(units),
    isLinear: activation === "linear",
    dropout: at === 0 ? 0 : drop,
  }));
}

interface StepOptions {
  readonly rows: number;
  readonly rate: number;
  readonly momentum: number;
  /** Learning-rate factor of the kernels of all layers but the first. */
  readonly laterKernelRate: number;
  readonly seed: number;
  readonly step: number;
}

/** x·W + b, through tanh unless the layer is linear. */
function forward({ inputs, units, kernel, bias, isLinear }: ReferenceLayer, x: Float64Array, rows: number) {
  const y = new Float64Array(rows * units);
  for (let r = 0; r < rows; r++)
    for (let u = 0; u < units; u++) {
      let z = bias[u] ?? 0;
      for (let i = 0; i < inputs; i++) z += (x[r * inputs + i] ?? 0) * (kernel[i * units + u] ?? 0);
      y[r * units + u] = isLinear ? z : Math.tanh(z);
    }
  return y;
}

/** Gradient by the layer's input, then the update of the layer itself; `dZ` is the gradient by x·W + b. */
function backward(
  layer: ReferenceLayer,
  { x, dZ, rows }: { readonly x: Float64Array; readonly dZ: Float64Array; readonly rows: number },
  { rate, momentum, kernelFactor }: { readonly rate: number; readonly momentum: number; readonly kernelFactor: number },
): Float64Array {
  const { inputs, units, kernel, bias, kernelVelocity, biasVelocity } = layer;
  const dX = new Float64Array(rows * inputs);
  const dKernel = new Float64Array(inputs * units);
  const dBias = new Float64Array(units);
  for (let r = 0; r < rows; r++)
    for (let u = 0; u < units; u++) {
      const d = dZ[r * units + u] ?? 0;
      dBias[u] = (dBias[u] ?? 0) + d;
      for (let i = 0; i < inputs; i++) {
        const at = i * units + u;
        dX[r * inputs + i] = (dX[r * inputs + i] ?? 0) + d * (kernel[at] ?? 0);
        dKernel[at] = (dKernel[at] ?? 0) + d * (x[r * inputs + i] ?? 0);
      }
    }
  const step = (values: Float64Array, velocity: Float64Array, descent: Float64Array): void => {
    for (let at = 0; at < values.length; at++) {
      velocity[at] = momentum * (velocity[at] ?? 0) + (descent[at] ?? 0);
      values[at] = (values[at] ?? 0) + (velocity[at] ?? 0);
    }
  };
  step(
    kernel,
    kernelVelocity,
    dKernel.map((d) => -rate * kernelFactor * d),
  );
  step(
    bias,
    biasVelocity,
    dBias.map((d) => -rate * d),
  );
  return dX;
}

/** One step in place; returns the loss Σ over targets, mean over rows, before it. */
export function referenceStep(
  net: readonly ReferenceLayer[],
  { x, y }: { readonly x: Float32Array; readonly y: Float32Array },
  { rows, rate, momentum, laterKernelRate, seed, step }: StepOptions,
): number {
  const inputs: Float64Array[] = [];
  const masks: Float64Array[] = [];
  const outputs: Float64Array[] = [];
  let h: Float64Array = Float64Array.from(x);
  for (const [at, layer] of net.entries()) {
    const count = rows * layer.inputs;
    const key = drawKey({ seed, step, draw: Math.max(0, at - 1) });
    const mask = Float64Array.from(randomMaskValues(dropoutDraw(layer.dropout), key, count));
    const input = h.map((value, i) => value * (mask[i] ?? 0));
    h = forward(layer, input, rows);
    masks.push(mask);
    inputs.push(input);
    outputs.push(h);
  }
  const difference = h.map((value, i) => value - (y[i] ?? 0));
  let dOutput = difference.map((d) => (2 / rows) * d);
  for (const [at, layer] of [...net.entries()].toReversed()) {
    const out = outputs[at] ?? new Float64Array();
    const dZ = layer.isLinear ? dOutput : dOutput.map((d, i) => d * (1 - (out[i] ?? 0) ** 2));
    const kernelFactor = at === 0 ? 1 : laterKernelRate;
    const dX = backward(layer, { x: inputs[at] ?? new Float64Array(), dZ, rows }, { rate, momentum, kernelFactor });
    dOutput = dX.map((d, i) => d * (masks[at]?.[i] ?? 0));
  }
  return difference.reduce((sum, d) => sum + d * d, 0) / rows;
}
