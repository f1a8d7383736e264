import * as core from "@tensorflow/tfjs-core";
import { AppError } from "../../schemas/errors.ts";
import type { RowBlock, StateTensor, StepBlock, TrainingState } from "../epochs/step-engine.ts";
import { optimiserOf } from "../optimisers/optimiser-of.ts";
import { inputDraws } from "../ort/input-noise.ts";
import { stateOf } from "../ort/state-tensors.ts";
import { stepNumbers } from "../ort/step-numbers.ts";
import { type Parameter, type TrainingNet, trainingNet } from "../ort/training-net.ts";
import type { TrainingSpec } from "../ort/training-spec.ts";
import { drawTensor } from "./draw-values.ts";
import { type LayersNet, layersNet } from "./layers-net.ts";
import { averageFunction, clipFunction, disturbance, lossFunction, updateFunction } from "./step-functions.ts";
import type { TensorFunction, TensorMap } from "./tensor-function.ts";

/** The functions that a step calls around the net. */
interface StepFunctions {
  readonly disturb: TensorFunction;
  readonly loss: TensorFunction;
  readonly clip: TensorFunction | undefined;
  /** By weight. */
  readonly updates: ReadonlyMap<string, TensorFunction>;
  readonly averages: ReadonlyMap<string, TensorFunction>;
}

function functionsOf(spec: TrainingSpec, net: TrainingNet): StepFunctions {
  const trained = net.parameters.filter(({ role }) => role === "trained");
  const averaged =
    spec.optimisation.averageDecay === undefined ? [] : net.parameters.filter(({ role }) => role !== "fixed");
  const byName = (of: readonly Parameter[], make: typeof updateFunction) =>
    new Map(of.map((parameter) => [parameter.name, make(spec, parameter)]));
  return {
    disturb: disturbance(spec, net),
    loss: lossFunction(spec, net),
    clip: clipFunction(spec, trained),
    updates: byName(trained, updateFunction),
    averages: byName(averaged, averageFunction),
  };
}

/** A training step on tfjs' tensors, on the backend in use; dispose it to free them. */
export class TfjsSteps implements Disposable {
  readonly state: readonly StateTensor[];
  readonly #spec: TrainingSpec;
  readonly #plan: TrainingNet;
  readonly #net: LayersNet;
  readonly #functions: StepFunctions;
  /** The state by name: the net's weights are its variables. */
  readonly #variables: ReadonlyMap<string, core.Variable>;
  readonly #drawn: core.Tensor[];

  private constructor(spec: TrainingSpec, plan: TrainingNet, made: { net: LayersNet; drawn: core.Tensor[] }) {
    [this.#spec, this.#plan, this.#net, this.#drawn] = [spec, plan, made.net, made.drawn];
    this.state = stateOf(plan.parameters, spec.optimisation);
    this.#functions = functionsOf(spec, plan);
    const fresh = (dims: readonly number[]): core.Variable =>
      core.tidy(() => core.variable(core.zeros([...dims]), false));
    this.#variables = new Map(this.state.map(({ name, dims }) => [name, made.net.variables.get(name) ?? fresh(dims)]));
  }

  /** @throws AppError `bad-model` for a net that cannot be trained. */
  static async open(spec: TrainingSpec): Promise<TfjsSteps> {
    const { topology, rateFactors, optimisation } = spec;
    const plan = trainingNet(topology, optimisation.batchSize, (weight) => rateFactors.get(weight) === 0);
    if (!plan.parameters.some(({ role }) => role === "trained"))
      throw new AppError("bad-model", {
        what: "nothing is left to train: every weight is fixed",
        where: topology.name,
      });
    const drawn: core.Tensor[] = [];
    return new TfjsSteps(spec, plan, { net: await layersNet(topology, plan, drawn), drawn });
  }

  /** Takes the block's steps and returns the loss before each of them, `[steps]`. */
  async run(state: TrainingState, block: StepBlock): Promise<Float32Array> {
    this.#assign(state);
    const losses: core.Tensor[] = [];
    for (const at of block.rates.keys()) losses.push(core.tidy(() => this.#step(block, at)));
    try {
      const values = await Promise.all(losses.map((loss) => loss.data()));
      await this.#readInto(state);
      return Float32Array.from(values, ([loss]) => loss ?? Number.NaN);
    } finally {
      core.dispose(losses);
    }
  }

  /** Σ|ŷ − y| of each row `[rows]`. */
  async rowErrors(weights: TrainingState, { rows, x, y }: RowBlock): Promise<Float32Array> {
    this.#assign(weights);
    const { inputDims, outputDims } = this.#plan;
    const errors = core.tidy(() => {
      const input = core.tensor(x, [rows, ...inputDims.slice(1)]);
      const truth = core.tensor(y, [rows, ...outputDims.slice(1)]);
      return core.sum(core.abs(core.sub(this.#net.predict(input, { training: false }), truth)), 1);
    });
    try {
      return Float32Array.from(await errors.data());
    } finally {
      errors.dispose();
    }
  }

  [Symbol.dispose](): void {
    const { disturb, loss, clip, updates, averages } = this.#functions;
    for (const own of [disturb, loss, clip, ...updates.values(), ...averages.values()]) own?.[Symbol.dispose]();
    core.dispose([...this.#variables].filter(([name]) => !this.#net.variables.has(name)).map(([, own]) => own));
    this.#net[Symbol.dispose]();
  }

  /** Gives variables the values that are held outside; those not named stay. */
  #assign(values: TrainingState): void {
    for (const [name, variable] of this.#variables) {
      const own = values.get(name);
      if (own !== undefined) core.tidy(() => variable.assign(core.tensor(own, variable.shape)));
    }
  }

  async #readInto(state: TrainingState): Promise<void> {
    for (const { name, kind } of this.state)
      if (kind !== "fixed") state.get(name)?.set(await this.#variable(name).data());
  }

  #variable(name: string): core.Variable {
    const variable = this.#variables.get(name);
    if (variable === undefined) throw new Error(`no state ${name}`);
    return variable;
  }

  /** Step `at` of a block; everything but the loss is freed by the caller's tidy. */
  #step({ rows, x, y, rates, firstStep, seed }: StepBlock, at: number): core.Tensor {
    const { optimisation } = this.#spec;
    const { inputDims, outputDims, draws } = this.#plan;
    const part = (all: Float32Array, dims: readonly number[]): core.Tensor => {
      const size = (all.length / rows) * optimisation.batchSize;
      return core.tensor(all.subarray(at * size, (at + 1) * size), [...dims]);
    };
    const step = firstStep + at;
    const all = [...draws, ...inputDraws(optimisation, inputDims)];
    for (const [index, draw] of all.entries()) this.#drawn[index] = drawTensor(draw, { seed, step, draw: index });
    const given = stepNumbers(optimisation, rates[at] ?? Number.NaN, step + 1);
    const numbers = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, core.scalar(value)]));
    const ofInput = all.flatMap(({ name }, index) =>
      index < draws.length ? [] : [[name, this.#drawn[index]] as const],
    );
    const { disturbed } = this.#functions.disturb.run({ ...Object.fromEntries(ofInput), x: part(x, inputDims) });
    if (disturbed === undefined) throw new Error("no landmarks");
    const { loss, gradients } = this.#backward(disturbed, { ...numbers, truth: part(y, outputDims) });
    const clipped = this.#functions.clip?.run({ ...gradients, ...numbers }) ?? {};
    for (const [name, gradient] of Object.entries(gradients)) this.#update(name, { ...numbers, ...clipped, gradient });
    this.#average(numbers);
    return loss;
  }

  /** The loss, and the gradient of every trained weight by its name. */
  #backward(landmarks: core.Tensor, compared: TensorMap): { loss: core.Tensor; gradients: TensorMap } {
    const trained = [...this.#functions.updates.keys()].map((name) => [name, this.#variable(name)] as const);
    const lossOf = core.customGrad((prediction, save) => {
      const { value, gradient } = this.#functions.loss.run({ ...compared, prediction: prediction as core.Tensor });
      if (value === undefined || gradient === undefined) throw new Error("no loss");
      (save as core.GradSaveFunc)([gradient]);
      return { value, gradFunc: (_one, saved) => [saved].flat() };
    });
    const { value, grads } = core.variableGrads(
      () => lossOf(this.#net.predict(landmarks, { training: true })) as core.Scalar,
      trained.map(([, variable]) => variable),
    );
    const gradients = trained.map(([name, variable]): [string, core.Tensor] => {
      const gradient = grads[variable.name];
      if (gradient !== undefined) return [name, gradient];
      throw new AppError("bad-model", {
        what: "the prediction does not depend on a weight that is trained",
        where: name,
      });
    });
    return { loss: value, gradients: Object.fromEntries(gradients) };
  }

  #update(name: string, inputs: TensorMap): void {
    const slots = optimiserOf(this.#spec.optimisation.optimiser).slots;
    const held = Object.fromEntries(slots.map((slot) => [slot, this.#variable(`${name}/${slot}`)]));
    const next = this.#functions.updates.get(name)?.run({ ...inputs, ...held, parameter: this.#variable(name) }) ?? {};
    const take = (variable: string, from: string): void => {
      const value = next[`${from}/next`];
      if (value !== undefined) this.#variable(variable).assign(value);
    };
    take(name, "parameter");
    for (const slot of slots) take(`${name}/${slot}`, slot);
  }

  #average(numbers: TensorMap): void {
    for (const [name, moved] of this.#functions.averages) {
      const average = this.#variable(`${name}/average`);
      const next = moved.run({ ...numbers, average, weight: this.#variable(name) })["average/next"];
      if (next !== undefined) average.assign(next);
    }
  }
}
