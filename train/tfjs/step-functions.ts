/**
 * The parts of a step around the net, from the same definitions as engine `ort`'s graph, each as a function of tensors.
 * @module
 */
import { GraphBuilder } from "../../onnx/builder.ts";
import { lossOf } from "../losses.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import { clipScale } from "../ort/clip-scale.ts";
import { disturbedInput, inputDraws } from "../ort/input-noise.ts";
import { movedAverage } from "../ort/moving-average.ts";
import { stepNumbers } from "../ort/step-numbers.ts";
import type { Parameter, TrainingNet } from "../ort/training-net.ts";
import type { TrainingSpec } from "../ort/training-spec.ts";
import { TensorFunction } from "./tensor-function.ts";

/** The numbers of a step, as rank-0 inputs of a graph. */
function numbersOf(g: GraphBuilder, { optimisation }: TrainingSpec): (name: string) => string {
  for (const name of Object.keys(stepNumbers(optimisation, 1, 1))) g.input(name, "float32", []);
  return (name) => name;
}

/** `x` and the draws by their names → `disturbed`: the landmarks as the net sees them. */
export function disturbance({ optimisation }: TrainingSpec, { inputDims }: TrainingNet): TensorFunction {
  const g = new GraphBuilder("disturbance");
  const x = g.input("x", "float32", inputDims);
  for (const { name, dims } of inputDraws(optimisation, inputDims)) g.input(name, "float32", dims);
  g.output("disturbed", disturbedInput(g.scope("input"), x, { ...optimisation, drawn: (name) => name }));
  return new TensorFunction(g.build());
}

/**
 * `prediction`, `truth` and the step's numbers → `value`, and `gradient` by the prediction: times the optimiser's number,
 * unless the gradients' norm is limited, which is that of plain ones.
 */
export function lossFunction(spec: TrainingSpec, { outputDims }: TrainingNet): TensorFunction {
  const { loss, clipNorm, optimiser, batchSize } = spec.optimisation;
  const { gradientTimes } = optimiserOf(optimiser);
  const g = new GraphBuilder("loss");
  const prediction = g.input("prediction", "float32", outputDims);
  const truth = g.input("truth", "float32", outputDims);
  const number = numbersOf(g, spec);
  const { targetWeights: data } = spec;
  const weights = data && g.initializer("target weights", { type: "float32", dims: [data.length], data });
  const compared = { prediction, truth, rows: batchSize, ...(weights !== undefined && { weights }) };
  const { value, gradientTimes: gradientBy } = lossOf(loss)(g.scope("loss"), compared);
  g.output("value", value);
  const isPlain = clipNorm !== undefined || gradientTimes === undefined;
  g.output("gradient", gradientBy(isPlain ? g.scalar(1) : number(gradientTimes)));
  return new TensorFunction(g.build());
}

/** Gradients by parameter and the step's numbers → `factor` of every gradient; absent where the norm is not limited. */
export function clipFunction(spec: TrainingSpec, trained: readonly Parameter[]): TensorFunction | undefined {
  const { clipNorm, optimiser } = spec.optimisation;
  if (clipNorm === undefined) return undefined;
  const { gradientTimes } = optimiserOf(optimiser);
  const g = new GraphBuilder("clip");
  const gradients = trained.map(({ name, dims }) => g.input(name, "float32", dims));
  const number = numbersOf(g, spec);
  const scale = clipScale(g.scope("clip"), gradients, clipNorm);
  g.output("factor", gradientTimes === undefined ? scale : g.scope("clip").op("Mul", [scale, number(gradientTimes)]));
  return new TensorFunction(g.build());
}

/** `parameter`, `gradient`, `factor` of it, the slots by name and the step's numbers → each as `<name>/next`. */
export function updateFunction(spec: TrainingSpec, { name, dims }: Parameter): TensorFunction {
  const optimiser = optimiserOf(spec.optimisation.optimiser);
  const g = new GraphBuilder(`update of ${name}`);
  const input = (of: string): string => g.input(of, "float32", dims);
  const [parameter, gradient] = [input("parameter"), input("gradient")];
  const slots = optimiser.slots.map(input);
  const number = numbersOf(g, spec);
  const isClipped = spec.optimisation.clipNorm !== undefined;
  const body = g.scope("update");
  const next = optimiser.update(body, {
    parameter,
    gradient: isClipped ? body.op("Mul", [gradient, g.input("factor", "float32", [])]) : gradient,
    slots,
    number,
    factor: spec.rateFactors.get(name) ?? 1,
    isKernel: dims.length >= 2,
  });
  g.output("parameter/next", next.parameter);
  for (const [at, slot] of optimiser.slots.entries()) g.output(`${slot}/next`, next.slots[at] ?? "");
  return new TensorFunction(g.build());
}

/** `average` and `weight` and the step's numbers → `average/next`; the dims do not matter. */
export function averageFunction(spec: TrainingSpec, { dims }: Parameter): TensorFunction {
  const g = new GraphBuilder("average");
  const pair = [g.input("average", "float32", dims), g.input("weight", "float32", dims)] as const;
  g.output("average/next", movedAverage(g.scope("average"), pair, numbersOf(g, spec)("averageDecay")));
  return new TensorFunction(g.build());
}
